"""Devices, their lines and their history."""
