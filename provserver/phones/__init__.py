"""The face that phones see: one listener, GET and HEAD."""
