"""Sangoma's P series reads the files of Digium's D series."""

from .digium import read

__all__ = ["read"]
