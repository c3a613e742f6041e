"""The flows where two or more adapters meet."""
