"""Provisioning server for SIP desk phones and DECT systems, with a REST API to manage them."""

__version__ = "0.1.0"
