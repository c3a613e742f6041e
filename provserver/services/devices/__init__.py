"""Devices: what they are, what is on their lines, what happened to them."""
