"""The simulated world: the live code on an event loop of virtual time; only the edges are replaced."""
