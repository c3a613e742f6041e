"""Search by word prefixes over tables of terms, for lists of any size.

A query matches if, for each of its words, there is a term that starts with it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Delete, Insert, RowMapping, Table, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.store.driver_statements import driver_statement, insert_all
from provserver.store.pages import Item, Page, Statement, Walk, Window, fetch_sifted

RARE = 1000  # a word with fewer matches is resolved from the terms, one with more while scanning the list
_LONGEST_TERM = 64
_MOST_WORDS = 8
_LAST = "\U0010ffff"  # sorts after every character in a term
_WORD = re.compile(r"[^\W_]+")
_ID = re.compile(r"(?:dev|dectb|decth|user)_0[0-9a-hjkmnp-tv-z]*")
_MAC_SPELLING = re.compile(
    r"[0-9a-f]{2}(?::[0-9a-f]{2})+:?[0-9a-f]?"
    r"|[0-9a-f]{2}(?:-[0-9a-f]{2}){2,}-?[0-9a-f]?"  # two pairs alone may be a hyphenated word
    r"|[0-9a-f]{4}(?:\.[0-9a-f]{1,4})+"
)


@dataclass(frozen=True, slots=True)
class Terms:
    """A table of terms. `key`: the sort key of the list (`listed`). `owner`: the id that the term belongs to."""

    table: Table
    owner: Column[Any]
    key: Column[Any]
    listed: Column[Any]
    listed_id: Column[Any]


def terms_of(*texts: str | None) -> set[str]:
    """The words of texts, normalized for comparison."""
    return {word[:_LONGEST_TERM] for text in texts if text for word in _WORD.findall(_folded(text))}


def query_words(query: str) -> list[str]:
    """The words to search for, longest first. A MAC loses its separators; an id stays whole."""
    words: set[str] = set()
    for part in _folded(query).split():
        if _MAC_SPELLING.fullmatch(part):
            words.add(re.sub(r"[:.-]", "", part))
        elif _ID.fullmatch(part):
            words.add(part)
        else:
            words.update(_WORD.findall(part))
    return sorted((word[:_LONGEST_TERM] for word in words), key=lambda word: (-len(word), word))[:_MOST_WORDS]


async def replace_terms(
    conn: AsyncConnection, terms: Terms, owners: Iterable[tuple[Mapping[str, str], Iterable[str]]]
) -> None:
    """Replace the terms of owners. Each is given as its other column values and its words."""
    found = list(owners)
    forget, note = _replacing(terms.table, terms.owner.name)
    gone = driver_statement(forget, conn.dialect).text
    await conn.exec_driver_sql(gone, [(row[terms.owner.name],) for row, _ in found])
    columns = terms.table.c.keys()
    rows = [{**row, "term": word} for row, words in found for word in sorted(words)]
    if rows:
        await insert_all(conn, note, [tuple(row[name] for name in columns) for row in rows])


@lru_cache
def _replacing(table: Table, owner: str) -> tuple[Delete, Insert]:
    return delete(table).where(table.c[owner] == bindparam("owner")), insert(table)


async def fetch_found(
    conn: AsyncConnection,
    statement: Statement,
    walk: Walk,
    terms: Terms,
    account_id: str,
    query: str,
    window: Window,
    make: Callable[[RowMapping], Item],
) -> Page[Item]:
    """One window of `statement`, restricted to what `query` matches in the account; without words everything matches.

    For a rare word its few matches are the candidates. For frequent words the list is scanned and each row checked,
    which soon fills a page; if they rarely occur together, the page is short (`fetch_sifted`). `walk`: the scan of the
    list that `statement` selects from.
    """
    words = query_words(query)
    statement = statement.where(*(_has_term(terms, word) for word in words))
    keys = await _rarest_matches(conn, terms, account_id, words)
    if keys is None:
        return await fetch_sifted(conn, statement, walk, window, make)
    # Applied here: in SQL it would tempt the planner to scan the whole list from the bound.
    kept = sorted(key for key in keys if window.covers((key,)))
    rows = (await conn.execute(window.ordered(statement.where(terms.listed.in_(kept))))).mappings().all()
    return window.page(rows, make)


async def _rarest_matches(conn: AsyncConnection, terms: Terms, account_id: str, words: list[str]) -> set[str] | None:
    """The keys matching the first rare word; None if all words are frequent."""
    for word in words:
        statement = select(terms.key).where(terms.table.c.account_id == account_id, *_begins_with(terms, word))
        keys = (await conn.execute(statement.limit(RARE))).scalars().all()
        if len(keys) < RARE:
            return set(keys)
    return None


def _has_term(terms: Terms, word: str) -> ColumnElement[bool]:
    # Not EXISTS, which may become a join that reads all matches of the word.
    one = select(terms.table.c.term).where(terms.owner == terms.listed_id, *_begins_with(terms, word)).limit(1)
    return one.correlate(terms.listed.table).scalar_subquery().is_not(None)


def _begins_with(terms: Terms, word: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return terms.table.c.term >= word, terms.table.c.term < word + _LAST


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
