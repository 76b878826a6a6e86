"""A session over HTTP: a server on the loopback device with a token, and a client that needs Python alone."""
