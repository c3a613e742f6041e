"""Blocks of MAC addresses by companies: what a vendor file names, and what it says itself of a block of theirs."""

from pathlib import Path

import pytest

from docs.registry import laid_out
from provserver.domain.errors import BadConfiguration
from provserver.rendering.registry import read_registry, with_registered

from .workshop import vendor

TEXT = "# of everybody\nAcme, Inc.\n 02ab00 02ab01\n 02ab02\nBell\n 02bc000\n"


def _folder(path: Path, text: str) -> Path:
    path.mkdir(exist_ok=True)
    (path / "registry.txt").write_text(text)
    return path


def test_companies_are_read_with_their_blocks_and_an_operators_count_first(tmp_path: Path) -> None:
    shipped, own = _folder(tmp_path / "shipped", TEXT), _folder(tmp_path / "own", "Bell\n 02ff00\nCosmo\n 02ee00\n")
    found = read_registry([own, tmp_path / "without", shipped])
    assert found["Acme, Inc."] == ("02ab00", "02ab01", "02ab02")
    assert (found["Bell"], found["Cosmo"]) == (("02ff00",), ("02ee00",))


def test_what_a_vendor_file_says_itself_of_a_block_counts(tmp_path: Path) -> None:
    acme = vendor(registered=["Acme, Inc."], mac_prefixes={"02ab01": {"model": "A1"}, "02ab010": {}})
    blocks = with_registered(acme, read_registry([_folder(tmp_path, TEXT)])).mac_prefixes
    assert set(blocks) == {"02ab00", "02ab01", "02ab02", "02ab010"}
    assert (blocks["02ab00"].model, blocks["02ab01"].model) == (None, "A1")


def test_a_company_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"acme.yaml: registered: .* does not have Nobody"):
        with_registered(vendor(registered=["Acme, Inc.", "Nobody"]), read_registry([_folder(tmp_path, TEXT)]))


def test_the_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    companies = {"acme": [f"{number:06x}" for number in range(100)], "Bell": ["0a0a0a"]}
    found = read_registry([_folder(tmp_path, laid_out(companies))])
    assert {name: list(blocks) for name, blocks in found.items()} == companies
