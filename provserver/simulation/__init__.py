"""Simulated phones that boot against a server like real ones, each with its vendor's requests and order."""
