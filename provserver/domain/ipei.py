"""IPEI: the hardware identity of a DECT handset (ETSI EN 300 175-6, annex C).

Canonical form: the 40-bit IPUI as 10 upper-case hexadecimal characters: a type nibble (0 = type N), 16 bits of
manufacturer code (EMC) and 20 bits of serial number (PSN). Printed form: 5 decimal digits of EMC, 7 of PSN and a check
character, which is the sum of position times digit over the 12 digits, modulo 11, with `*` for 10.
"""

import re

from provserver.domain.errors import Invalid

_MAX_EMC, _MAX_PSN = 0xFFFF, 0xFFFFF
_EMPTY_SLOT = "FFFFFFFFFF"  # written by RTX-built bases (Snom, Cisco, Poly) for an empty slot


def parse_ipei(text: str, field: str = "ipei") -> str:
    """Parse the 10-character hexadecimal or the printed form (12 digits, or 13 with the check character).

    Blanks, dashes and a leading `0x` are ignored. Returns 10 upper-case hexadecimal characters. Raises `Invalid` naming
    `field`; for a wrong check character the message shows the expected one.
    """
    compact = re.sub(r"[\s-]", "", text)
    bare = compact[2:] if compact[:2].lower() == "0x" else compact
    if re.fullmatch(r"[0-9A-Fa-f]{10}", bare):
        if bare.upper() == _EMPTY_SLOT:
            raise _invalid(field, "is the mark of an empty slot, not a handset")
        return bare.upper()
    if re.fullmatch(r"[0-9]{12}[0-9*]?", compact):
        return _from_printed(compact, field)
    raise _invalid(field, "is not an IPEI; write 10 hexadecimal characters or the 13 printed ones")


def _from_printed(printed: str, field: str) -> str:
    emc, psn = int(printed[:5]), int(printed[5:12])
    if emc > _MAX_EMC or psn > _MAX_PSN:
        raise _invalid(field, "is out of range: at most 65535 and 1048575 before the check character")
    expected = _check_character(printed[:12])
    if len(printed) == 13 and printed[12] != expected:
        raise _invalid(field, f"has a wrong check character: expected {expected}")
    return f"0{emc:04X}{psn:05X}"


def _check_character(digits: str) -> str:
    total = sum(position * int(digit) for position, digit in enumerate(digits, start=1)) % 11
    return "*" if total == 10 else str(total)


def _invalid(field: str, reason: str) -> Invalid:
    return Invalid(f"{field} {reason}", details={field: reason})
