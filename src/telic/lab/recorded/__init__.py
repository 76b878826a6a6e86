"""Last night's incident, or an episode that was played, as a scenario: recorded, replayed read-only, graded."""
