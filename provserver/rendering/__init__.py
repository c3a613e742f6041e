"""Rendering: from a device's effective settings to the bytes of its vendor's file."""
