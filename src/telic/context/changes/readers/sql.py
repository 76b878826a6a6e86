"""Queries and migrations: what is asked of a store, and what the store has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import words
from telic.context.changes.effect import Effect, Place, effect_reader

_SQL = re.compile(r"\b(select\b.+\bfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|from\s+\w+\s+(where|join|order|limit)|join\s+\w+\s+(on|using)|order\s+by|group\s+by|where\s+\w+)", re.IGNORECASE)  # fmt: skip
_TABLES = re.compile(
    r"\b(?:from|join|into|update|table(?:\s+if\s+(?:not\s+)?exists)?)\s+[\"'`]?([A-Za-z_][\w.]*)", re.IGNORECASE
)
_MAPPED = re.compile(
    r"__tablename__\s*=|@Table\(|db_table\s*=|@Column\(|Column\(|mapped_column\(|models\.\w+Field\(|gorm:\"",
    re.IGNORECASE,
)
_DROPPED = re.compile(r"\bdrop\s+(index|constraint)|dropindex|drop_index|remove_index|removeindex", re.IGNORECASE)
_INDEX = re.compile(
    r"\bcreate\s+(unique\s+)?index|createindex|add_index|addindex|@index|index=true|db_index=true", re.IGNORECASE
)
_DESTRUCTIVE = re.compile(r"\bdrop\s+(table|column|view)|rename\s+(column|to|table)|drop_column|rename_column|alter\s+column|removecolumn|renamecolumn|\btruncate\b", re.IGNORECASE)  # fmt: skip
_STRICTER = re.compile(r"set\s+not\s+null|\bnot\s+null\b(?!.*default)|add\s+constraint|unique\s*\(|nullable\s*=\s*false|check\s*\(|foreign\s+key|references\b", re.IGNORECASE)  # fmt: skip
_LOCKING = re.compile(
    r"alter\s+table|create\s+index(?!.*concurrently)|lock\s+table|vacuum\s+full|for\s+update|set\s+not\s+null|reindex",
    re.IGNORECASE,
)
_NARROW = re.compile(r"\bwhere\b|\blimit\b|\btop\s+\d|concurrently|use\s+index|\bon\b.+=", re.IGNORECASE)
_WIDE = re.compile(r"select\s+\*|like\s+['\"]?%|\bilike\b|lower\(|upper\(|date\(|cast\(|::\w+|\bor\b|cross\s+join|\bjoin\b|order\s+by|distinct|not\s+in|offset|count\(\*\)|group\s+by|exists\s*\(", re.IGNORECASE)  # fmt: skip


@effect_reader("sql", example={"diff": '+\t"SELECT id FROM user_favorites WHERE user_id = $1"'})
def sql(place: Place) -> Sequence[Effect]:
    """SQL text and schema changes: what is newly asked for, dropped, made stricter, locked or read without bounds."""
    found = [*_migration(place)] if place.kind in ("migration", "code", "other") else []
    if place.kind in ("code", "config", "other", "migration"):
        found += _queries(place)
    return found


def _has(pattern: re.Pattern[str], lines: Sequence[str]) -> int:
    return sum(1 for each in lines if pattern.search(each))


def _named(lines: Sequence[str]) -> frozenset[str]:
    return frozenset(words.key(name) for each in lines for name in words.names(each) if name.lower() not in _KEYWORDS)


_KEYWORDS = frozenset(["select", "from", "where", "and", "or", "order", "by", "limit", "insert", "into", "values", "update", "set", "delete", "join", "on", "as", "table", "index", "create", "alter", "add", "drop", "column", "not", "null", "default", "text", "int", "uid"])  # fmt: skip


def _migration(place: Place) -> list[Effect]:
    found = []
    where = place.path or "a migration"
    if _has(_DROPPED, place.added) or _has(_INDEX, place.removed) > _has(_INDEX, place.added):
        troubles = {"query": 1.0, "cpu": 0.6, "latency": 0.9, "deadline": 0.6, "pool": 0.6, "disk": 0.3, "lock": 0.3}
        found.append(Effect("sql", f"an index or constraint is gone in {where}", troubles, 1.0, "missing index", place.path, place.heading))  # fmt: skip
    if _has(_DESTRUCTIVE, place.added):
        troubles = {"schema": 1.0, "errors": 0.5, "crash": 0.3, "missing": 0.3, "format": 0.3}
        lines = [each for each in place.added if _DESTRUCTIVE.search(each)]
        found.append(Effect("sql", f"a column or table was dropped, renamed or altered in {where}", troubles, 1.0, "schema no longer fits the code", place.path, place.heading, gone=_named(lines)))  # fmt: skip
    if place.kind == "migration" and _has(_STRICTER, place.added):
        troubles = {"schema": 0.8, "errors": 0.4, "lock": 0.4}
        found.append(Effect("sql", f"a stricter column or constraint in {where}", troubles, 0.8, "constraint refuses rows", place.path, place.heading, new=_named(place.added)))  # fmt: skip
    if _has(_LOCKING, place.added) and (
        place.kind == "migration" or _has(_LOCKING, place.added) > _has(_LOCKING, place.removed)
    ):
        troubles = {"lock": 1.0, "latency": 0.6, "deadline": 0.6, "pool": 0.6, "query": 0.5}
        found.append(Effect("sql", f"a statement that locks a table in {where}", troubles, 0.8, "table locked", place.path, place.heading))  # fmt: skip
    return found


def _queries(place: Place) -> list[Effect]:
    added, removed = [e for e in place.added if _SQL.search(e)], [e for e in place.removed if _SQL.search(e)]
    mapped = [each for each in place.added if _MAPPED.search(each)]
    if not added and not removed and not mapped:
        return []
    found, where = [], place.heading or place.path or "code"
    tables, before = _tables(added), _tables(removed)
    new = (_named(added) | _named(mapped)) - _named(place.removed)
    if new:
        says = f"asks for {', '.join(sorted(tables - before)) or 'other columns'} in {where}"
        troubles = {"schema": 1.0, "errors": 0.4, "query": 0.4, "latency": 0.2, "value": 0.2}
        found.append(Effect("sql", says, troubles, 0.9, "query for something that the store does not have", place.path, place.heading, new=new, gone=_named(removed) - _named(added)))  # fmt: skip
    bounds = _has(_NARROW, removed) - _has(_NARROW, added)
    wide = sum(len(_WIDE.findall(e)) for e in added) - sum(len(_WIDE.findall(e)) for e in removed)
    if (removed and bounds > 0) or wide > 0:
        troubles = {
            "query": 1.0,
            "latency": 0.9,
            "deadline": 0.6,
            "pool": 0.6,
            "cpu": 0.6,
            "memory": 0.4,
            "value": 0.2,
            "disk": 0.2,
        }
        found.append(Effect("sql", f"a query reads more than before in {where}", troubles, 0.9, "slow query", place.path, place.heading))  # fmt: skip
    return found


def _tables(lines: Sequence[str]) -> frozenset[str]:
    return frozenset(name for each in lines for name in _TABLES.findall(each))
