"""The provisioning server for SIP desk phones and DECT systems, and the REST API that manages them."""

__version__ = "0.1.0"
