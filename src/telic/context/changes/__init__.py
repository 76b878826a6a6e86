"""What was changed, what a change does, and what changed before something went wrong, near it."""
