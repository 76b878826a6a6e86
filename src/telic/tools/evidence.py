"""Evidence: every answer keeps its query, its window and a hash of its result, so that a report can ask again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from telic.errors import InvalidRecord
from telic.model import Evidence, Row, Scalar, Store, Window
from telic.model.redaction import redact, redact_value

MOST_ROWS = 40  # of a result that evidence carries [1]
MOST_TEXT = 4000  # characters of it [1]
_PARAMS = "\n-- params: "
_JSON = json.JSONEncoder(default=str).encode
_LINE = json.JSONEncoder(default=str, sort_keys=True).encode
_EXACT = frozenset({str, int, bool, type(None)})


class Page:
    """What was asked and what came back; written out as evidence when it is read first, for most is never cited.

    Parameters
    ----------
    identity, says, query, window
        As evidence has them.
    result
        What came back, which nobody changes; not kept once it is written out.
    """

    def __init__(self, identity: str, says: str, query: str, window: Window, result: object) -> None:
        self.id = identity
        self._head = (identity, says, query, window)
        self._result = result
        self._written: Evidence | None = None

    @classmethod
    def of(cls, evidence: Evidence) -> Page:
        """Return the page of what is evidence already."""
        page = cls(evidence.id, evidence.says, evidence.query, evidence.window, None)
        page._written = evidence
        return page

    def reword(self, says: str) -> None:
        """Say what it shows, now that its result is known; not once it is written out."""
        identity, _, query, window = self._head
        self._head = (identity, says, query, window)

    @property
    def evidence(self) -> Evidence:
        """The page, written out."""
        if self._written is None:
            self._written = Evidence(*self._head, _bounded(self._result), digest(self._result))
            self._result = None
        return self._written


class Notebook:
    """A `model.Store` that writes down what was asked and what came back.

    Parameters
    ----------
    store
        The telemetry.
    prefix
        First letters of the evidence ids.
    """

    def __init__(self, store: Store, prefix: str = "E") -> None:
        self._store, self._prefix = store, prefix
        self._window = Window(0.0, 0.0)
        self._says = ""
        self._count = 0
        self._pages: list[Page] = []

    def about(self, says: str, window: Window) -> Notebook:
        """Say what the next queries are for; returns itself."""
        self._says, self._window = says, window
        return self

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        """Ask the store and keep a page."""
        rows = self._store.query(sql, params, limit=limit, timeout=timeout)
        self._pages.append(Page(self._next(), self._says, _text(sql, params), self._window, rows))
        return rows

    def reword(self, identity: str, says: str) -> None:
        """Say what the page called `identity` shows, now that its result is known."""
        next(each for each in reversed(self._pages) if each.id == identity).reword(says)

    def observe(self, says: str, query: str, window: Window, result: object) -> str:
        """Keep something that is no query, such as the state of the world; returns the id of its page."""
        page = Page(self._next(), says, query, window, msgspec.to_builtins(result))
        self._pages.append(page)
        return page.id

    def _next(self) -> str:
        self._count += 1
        return f"{self._prefix}{self._count}"

    @property
    def pages(self) -> list[Evidence]:
        """Every page, written out."""
        return [each.evidence for each in self._pages]

    @property
    def last(self) -> str:
        """Id of the newest page."""
        return self._pages[-1].id

    @property
    def size(self) -> int:
        """How many pages there are [1]."""
        return len(self._pages)

    def since(self, first: int) -> list[Page]:
        """Return the pages from number `first` on (counted from 0), for a later notebook to adopt."""
        return self._pages[first:]

    def adopt(self, pages: Sequence[Page]) -> None:
        """Take over pages of an earlier notebook, which keep their ids."""
        self._pages.extend(each for each in pages if each not in self._pages)

    def quote(self, ids: Sequence[str]) -> tuple[Evidence, ...]:
        """Return the pages with these ids, each once, in order."""
        chosen = set(ids)
        return tuple(each.evidence for each in self._pages if each.id in chosen)


def again(evidence: Evidence, store: Store) -> tuple[list[Row], bool]:
    """Ask the query of `evidence` once more.

    Returns
    -------
    The rows, and whether they are the same as then.

    Raises
    ------
    InvalidRecord
        The evidence was no query of the store (state, change log), or its text was altered.
    """
    sql, sign, params = evidence.query.rpartition(_PARAMS)
    if not sign:
        raise InvalidRecord(
            f"{evidence.id} is no query: {evidence.query[:80]}", hint="it observed the world, which moved on"
        )
    try:
        given = json.loads(params)
    except ValueError as error:
        raise InvalidRecord(
            f"{evidence.id}: cannot read its parameters: {error}", hint="was the record altered?"
        ) from error
    rows = store.query(sql, given)
    return rows, digest(rows) == evidence.result_hash


def digest(result: object) -> str:
    """Return a hash of a result that does not depend on the order of rows.

    Examples
    --------
    >>> digest([{"a": 1}, {"a": 2}]) == digest([{"a": 2}, {"a": 1}])
    True
    """
    items = result if isinstance(result, list) else [result]
    lines = sorted(_LINE(_settled(each)) for each in items)
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def _settled(value: object) -> object:
    """Round sums of floats, whose last digits depend on the order of adding."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {str(key): each if type(each) in _EXACT else _settled(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [each if type(each) in _EXACT else _settled(each) for each in value]
    return value


def _text(sql: str, params: Sequence[Scalar]) -> str:
    return _tidy(sql) + _PARAMS + json.dumps(list(params))


@lru_cache(maxsize=64)
def _tidy(sql: str) -> str:
    return re.sub(r"\n\s*\n", "\n", sql.strip())


def _bounded(result: object) -> str:
    rows = result if isinstance(result, list) else [result]
    shown = _shown(rows[:MOST_ROWS])
    more = f" … and {len(rows) - MOST_ROWS} more rows" if len(rows) > MOST_ROWS else ""
    if len(shown) > MOST_TEXT:
        shown, more = shown[:MOST_TEXT], f" … cut at {MOST_TEXT} characters{more}"
    return redact(shown) + more


def _shown(rows: Sequence[object]) -> str:
    """Return rows as JSON, without those of which nothing is left when it is cut."""
    parts: list[str] = []
    size = 0
    for row in rows:
        parts.append(_JSON(redact_value(row)))
        size += len(parts[-1]) + len(", ")
        if size > MOST_TEXT:
            break
    return f"[{', '.join(parts)}]"
