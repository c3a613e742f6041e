"""An IPEI says which handset may join a base: one wrong digit and a handset never registers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.errors import Invalid
from provserver.domain.ipei import parse_ipei

KNOWN = [
    ("0DEADBEEF4", "57005 0782068 7"),
    ("00092263A1", "00146 0156577 9"),
    ("0328A0000F", "12938 0000015 1"),
    ("02C332B510", "11315 0177424 2"),
    ("0FFFFFFFFF", "65535 1048575 2"),
]


def printed_ipei(emc: int, psn: int) -> str:
    """What is printed on a handset with this manufacturer code and serial number."""
    digits = f"{emc:05d}{psn:07d}"
    check = sum(position * int(digit) for position, digit in enumerate(digits, start=1)) % 11
    return digits + ("*" if check == 10 else str(check))


@pytest.mark.parametrize(("hexadecimal", "printed"), KNOWN)
def test_the_printed_form_and_the_hexadecimal_one_are_the_same_handset(hexadecimal: str, printed: str) -> None:
    compact = printed.replace(" ", "")
    assert parse_ipei(printed) == parse_ipei(compact) == parse_ipei(compact[:12]) == hexadecimal
    assert parse_ipei(hexadecimal.lower()) == parse_ipei(f"0x{hexadecimal}") == hexadecimal
    assert printed_ipei(int(hexadecimal[1:5], 16), int(hexadecimal[5:], 16)) == compact


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFF))
def test_what_is_printed_on_a_handset_reads_back_as_the_same_handset(emc: int, psn: int) -> None:
    ipei = f"0{emc:04X}{psn:05X}"
    printed = printed_ipei(emc, psn)
    assert parse_ipei(printed) == parse_ipei(ipei) == ipei
    assert parse_ipei(f"{printed[:5]}-{printed[5:12]}-{printed[12]}") == ipei


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFF), st.integers(0, 11).filter(lambda n: n != 10), st.integers(1, 9))
def test_one_mistyped_digit_is_noticed(emc: int, psn: int, position: int, shift: int) -> None:
    """Else an installer's slip of the finger would let a stranger's handset in, and keep the right one out.

    Of the 11th digit the check character of the standard tells nothing: eleven times it is nothing modulo eleven.
    """
    printed = printed_ipei(emc, psn)
    digit = str((int(printed[position]) + shift) % 10)
    with pytest.raises(Invalid):
        parse_ipei(printed[:position] + digit + printed[position + 1 :])


def test_a_wrong_check_character_shows_the_right_one() -> None:
    with pytest.raises(Invalid, match="expected 7") as failure:
        parse_ipei("5700507820680", "handsets.3.ipei")
    assert list(failure.value.details) == ["handsets.3.ipei"]


def test_ten_as_check_character_is_printed_as_a_star() -> None:
    starred = next(text for psn in range(10_000) if (text := printed_ipei(0, psn)).endswith("*"))
    assert parse_ipei(starred) == f"00000{int(starred[5:12]):05X}"
    with pytest.raises(Invalid, match=r"expected \*"):
        parse_ipei(f"{starred[:12]}0")


def test_a_type_other_than_n_is_accepted() -> None:
    assert parse_ipei("116e5001fb") == "116E5001FB"


def test_the_mark_of_an_empty_slot_is_no_handset() -> None:
    with pytest.raises(Invalid, match="empty slot"):
        parse_ipei("ffffffffff")


@pytest.mark.parametrize(
    "text",
    ["", "0DEADBEEF", "0DEADBEEF45", "0DEADBEEFG", "57005078206871", "*700507820687", "65536 0000000", "00000 1048576"],
)
def test_anything_else_is_refused_naming_the_field(text: str) -> None:
    with pytest.raises(Invalid) as failure:
        parse_ipei(text)
    assert list(failure.value.details) == ["ipei"]


def test_digits_of_other_scripts_are_no_digits() -> None:
    """They look like an IPEI to `int`, but no label of a handset is printed with them."""
    with pytest.raises(Invalid):
        parse_ipei("٥٧٠٠٥٠٧٨٢٠٦٨٧")


@given(st.text(max_size=30))
def test_no_text_makes_the_reader_fail_with_anything_but_invalid(text: str) -> None:
    try:
        ipei = parse_ipei(text)
    except Invalid:
        return
    assert parse_ipei(ipei) == ipei
