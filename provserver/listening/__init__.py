"""Accepting connections: sockets, PROXY protocol, TLS, client certificates. Independent of phones."""
