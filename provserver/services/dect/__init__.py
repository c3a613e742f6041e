"""DECT systems: handsets on bases, and multicell systems."""
