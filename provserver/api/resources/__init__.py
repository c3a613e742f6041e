"""The handlers, one module per resource. Each takes a `Call`, calls a service and returns the result."""
