"""worlds/load."""
