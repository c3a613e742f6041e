"""Telling phones to fetch their configuration anew: SIP NOTIFY, sent by us or by the SIP server we can ask.

One back end per module (`sip`, `kamailio`, `asterisk`, `freeswitch`), each a `domain.checksync.Notifier`;
`backend.build_notifier` makes the configured one. Everything else here serves them.
"""
