"""Check-sync: telling phones to fetch their configuration, by a SIP NOTIFY from us or from the SIP server.

There is one module per back end (`sip`, `kamailio`, `asterisk`, `freeswitch`), each a `domain.checksync.Notifier`.
`backend.build_notifier` creates the configured one. The other modules support them.
"""
