"""The lab's numbers: how soon it is ready, how many episodes an hour, what is certified, what is a false alarm."""
