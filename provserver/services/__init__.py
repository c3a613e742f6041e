"""Use cases that combine several adapters: store, rendering, check-sync."""
