"""The TCP fault proxy: every edge of a world runs through it, on links that can be delayed and dropped."""
