"""Named converters, for conversions that a value table cannot express.

A converter takes the setting's value, the `Scope` and the `arguments` from the vendor file. It returns the parameter's
text, or None to write nothing, and raises `Inexpressible` if the vendor cannot express the value.
"""

from provserver.rendering.converters import daylight, servers, tables, times, urls, values
from provserver.rendering.converters.registry import ARGUMENTS, CONVERTERS, SPELLINGS, Converter, Inexpressible, Scope

__all__ = [
    "ARGUMENTS",
    "CONVERTERS",
    "SPELLINGS",
    "Converter",
    "Inexpressible",
    "Scope",
    "daylight",
    "servers",
    "tables",
    "times",
    "urls",
    "values",
]
