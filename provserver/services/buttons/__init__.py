"""Buttons: templates, what a single device has instead, and what its phone gets of both."""
