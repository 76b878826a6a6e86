"""The lab's pages: a run, an episode, the leaderboard."""
