"""The mechanisms that policies are made of, one a file, each on an injectable clock and without I/O."""
