"""What was run: folders of episodes, statistics over their records, comparison, campaigns."""
