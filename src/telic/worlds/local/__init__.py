"""worlds/local."""
