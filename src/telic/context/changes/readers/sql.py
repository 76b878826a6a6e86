"""Queries and migrations: what is asked of a store, and what the store has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import vocabulary, words
from telic.context.changes.effect import Effect, Place, effect_reader, makes

_TABLES = re.compile(
    r"\b(?:from|join|into|update|table(?:\s+if\s+(?:not\s+)?exists)?)\s+[\"'`]?([A-Za-z_][\w.]*)", re.IGNORECASE
)
_KEYWORDS = frozenset(vocabulary.table("common")["sql"].split())


@effect_reader("sql", example={"diff": '+\t"SELECT id FROM user_favorites WHERE user_id = $1"'})
def sql(place: Place) -> Sequence[Effect]:
    """SQL text and schema changes: what is newly asked for, dropped, made stricter, locked or read without bounds."""
    found = [*_migration(place)] if place.kind in ("migration", "code", "other") else []
    if place.kind in ("code", "config", "other", "migration"):
        found += _queries(place)
    return found


def _more(pattern: str, place: Place) -> int:
    return vocabulary.having(pattern, place.added) - vocabulary.having(pattern, place.removed)


def _named(lines: Sequence[str]) -> frozenset[str]:
    return frozenset(words.key(name) for each in lines for name in words.names(each) if name.lower() not in _KEYWORDS)


def _migration(place: Place) -> list[Effect]:
    found, where = [], place.path or "a migration"
    if vocabulary.having("sql.dropped", place.added) or _more("sql.index", place) < 0:
        found.append(makes("missing index", f"an index or constraint is gone in {where}", place, kind="sql", force=1.0))
    lines = [each for each in place.added if vocabulary.pattern("sql.destructive").search(each)]
    if lines:
        says = f"a column or table was dropped, renamed or altered in {where}"
        found.append(makes("schema no longer fits the code", says, place, kind="sql", force=1.0, gone=_named(lines)))
    if place.kind == "migration" and vocabulary.having("sql.stricter", place.added):
        says = f"a stricter column or constraint in {where}"
        found.append(makes("constraint refuses rows", says, place, kind="sql", force=0.8, new=_named(place.added)))
    locking = vocabulary.having("sql.locking", place.added)
    if locking and (place.kind == "migration" or _more("sql.locking", place) > 0):
        found.append(makes("table locked", f"a statement that locks a table in {where}", place, kind="sql", force=0.8))
    return found


def _queries(place: Place) -> list[Effect]:
    asks = vocabulary.pattern("sql.sql")
    added, removed = ([each for each in lines if asks.search(each)] for lines in (place.added, place.removed))
    mapped = [each for each in place.added if vocabulary.pattern("sql.mapped").search(each)]
    if not added and not removed and not mapped:
        return []
    found = []
    new = (_named(added) | _named(mapped)) - _named(place.removed)
    if new:
        says = f"asks for {', '.join(sorted(_tables(added) - _tables(removed))) or 'other columns'} in {place.where}"
        gone = _named(removed) - _named(added)
        name = "query for something that the store does not have"
        found.append(makes(name, says, place, kind="sql", new=new, gone=gone))
    unbound = removed and vocabulary.having("sql.narrow", removed) > vocabulary.having("sql.narrow", added)
    if unbound or vocabulary.count("sql.wide", added) > vocabulary.count("sql.wide", removed):
        found.append(makes("slow query", f"a query reads more than before in {place.where}", place, kind="sql"))
    return found


def _tables(lines: Sequence[str]) -> frozenset[str]:
    return frozenset(name for each in lines for name in _TABLES.findall(each))
