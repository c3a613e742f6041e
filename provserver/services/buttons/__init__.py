"""Programmable keys: templates, overrides of devices, and the effective buttons."""
