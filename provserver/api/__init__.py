"""The REST API: a route table, one dispatcher, one module per resource. What it documents is what it enforces."""
