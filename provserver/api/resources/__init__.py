"""The handlers: one module per resource. Each reads a `Call`, calls a service, shows what came of it."""
