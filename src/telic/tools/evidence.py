"""Evidence: every answer keeps its query, its window and a hash of its result, so that a report can ask again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

import msgspec

from telic.errors import InvalidRecord
from telic.model import Evidence, Row, Scalar, Store, Window
from telic.model.redaction import redact, redact_value

MOST_ROWS = 40  # of a result that evidence carries [1]
MOST_TEXT = 4000  # characters of it [1]
_PARAMS = "\n-- params: "


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
        self.pages: list[Evidence] = []

    def about(self, says: str, window: Window) -> Notebook:
        """Say what the next queries are for; returns itself."""
        self._says, self._window = says, window
        return self

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        """Ask the store and keep a page."""
        rows = self._store.query(sql, params, limit=limit, timeout=timeout)
        self.pages.append(
            Evidence(
                self._next(),
                self._says,
                _text(sql, params),
                self._window,
                _bounded(rows),
                digest(rows),
            )
        )
        return rows

    def observe(self, says: str, query: str, window: Window, result: object) -> str:
        """Keep something that is no query, such as the state of the world; returns the id of its page."""
        plain = msgspec.to_builtins(result)
        page = Evidence(self._next(), says, query, window, _bounded(plain), digest(plain))
        self.pages.append(page)
        return page.id

    def _next(self) -> str:
        self._count += 1
        return f"{self._prefix}{self._count}"

    @property
    def last(self) -> str:
        """Id of the newest page."""
        return self.pages[-1].id

    def adopt(self, pages: Sequence[Evidence]) -> None:
        """Take over pages of an earlier notebook, which keep their ids."""
        self.pages.extend(each for each in pages if each not in self.pages)

    def quote(self, ids: Sequence[str]) -> tuple[Evidence, ...]:
        """Return the pages with these ids, each once, in order."""
        chosen = set(ids)
        return tuple(each for each in self.pages if each.id in chosen)


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
    lines = sorted(json.dumps(_settled(each), sort_keys=True, default=str) for each in items)
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def _settled(value: object) -> object:
    """Round sums of floats, whose last digits depend on the order of adding."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {str(key): _settled(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_settled(each) for each in value]
    return value


def _text(sql: str, params: Sequence[Scalar]) -> str:
    return re.sub(r"\n\s*\n", "\n", sql.strip()) + _PARAMS + json.dumps(list(params))


def _bounded(result: object) -> str:
    rows = result if isinstance(result, list) else [result]
    shown = json.dumps(redact_value(rows[:MOST_ROWS]), default=str)
    more = f" … and {len(rows) - MOST_ROWS} more rows" if len(rows) > MOST_ROWS else ""
    if len(shown) > MOST_TEXT:
        shown, more = shown[:MOST_TEXT], f" … cut at {MOST_TEXT} characters{more}"
    return redact(shown) + more
