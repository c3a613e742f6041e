"""DECT systems: handsets on bases, and bases that are one multicell system."""
