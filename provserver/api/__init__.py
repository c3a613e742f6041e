"""The REST API: a route table, one dispatcher, one module per resource. Everything it documents it also enforces."""
