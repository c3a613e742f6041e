"""Simulated phones that boot against a server the way real ones do, each vendor in its own words and order."""
