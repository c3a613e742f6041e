"""How connections come in: sockets, the PROXY protocol, TLS, client certificates. Knows nothing of phones."""
