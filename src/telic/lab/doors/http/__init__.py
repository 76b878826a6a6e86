"""A session over HTTP: a server on the loopback device with a token; its client is `telic.lab.doors.kit.client`."""
