"""Named converters: what a vendor's value table cannot say.

A converter takes the setting's value, the `Scope` it stands in and the `arguments` of the vendor file; it returns the
text of the parameter, or None to write nothing, and raises `Inexpressible` where this vendor has no way to say it.
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
