"""Named converters, for conversions that a value table cannot express.

A converter takes the setting's value, the `Scope` and the `arguments` from the vendor file. It returns the parameter's
text, or None to write nothing, and raises `Inexpressible` if the vendor cannot express the value. Its signature says
what it depends on: all of `Scope`, or less.
"""

from provserver.rendering.converters import daylight, servers, tables, times, urls, values
from provserver.rendering.converters.registry import ARGUMENTS, CONVERTERS, LOOKS_AT, Converter, Inexpressible
from provserver.rendering.converters.views import Clock, Scope, Service, Tables

__all__ = [
    "ARGUMENTS",
    "CONVERTERS",
    "LOOKS_AT",
    "Clock",
    "Converter",
    "Inexpressible",
    "Scope",
    "Service",
    "Tables",
    "daylight",
    "servers",
    "tables",
    "times",
    "urls",
    "values",
]
