"""Settings layers: validation, and the effective configuration of devices."""
