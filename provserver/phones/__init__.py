"""The phone-facing HTTP listener: GET and HEAD."""
