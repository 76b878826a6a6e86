"""What an actor claimed, and whether the evidence that it names carries it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from telic.errors import UsageError
from telic.lab.session.record import Cited, Claims
from telic.model import Store, Topology
from telic.registry import near_names
from telic.telemetry import scope

MOST = 20  # pieces of evidence, or steps of a path [1]
LONGEST = 4_000  # of one query [characters]
ROWS = 200  # of one answer that are looked at [1]
_PARAMS = "\n-- params: "
_TABLES = ("spans", "logs", "metrics")


class Claiming:
    """The claims of one session: each field's last value counts."""

    def __init__(self) -> None:
        self.claims = Claims()

    def claim(self, given: Mapping[str, object], time: float) -> str:
        """Take over the fields that are `given`; return in words what is claimed now.

        Raises
        ------
        UsageError
            A value that cannot be; nothing is taken over then.
        """
        fields = {name: _field(name, value) for name, value in given.items()}
        old = self.claims
        changed = {name: time for name, value in fields.items() if getattr(old, name) != value or name not in old.times}
        self.claims = replace(old, **fields, submitted=time, times={**old.times, **changed})  # type: ignore[arg-type]
        return "noted: " + (", ".join(fields) or "nothing new")


def unknown(given: Mapping[str, object], mechanisms: Mapping[str, str], topology: Topology) -> Iterator[str]:
    """Yield what of `given` is no word of the brief, or no name of the system: it is claimed, and perhaps a slip."""
    mechanism, entity = str(given.get("mechanism") or ""), str(given.get("entity") or "")
    if mechanism and mechanism not in mechanisms:
        near = near_names(mechanism, mechanisms, shown=["those of the brief"])
        yield f"{mechanism[:80]!r} is none of the mechanisms ({near})"
    known = {each.name for each in topology.entities}
    known |= {name for each in topology.edges for name in (each.caller, each.callee)}
    if entity and not {*entity.split("->")} <= known:
        yield f"nothing is called {entity[:80]!r} here ({near_names(entity, known)})"


def _field(name: str, value: object) -> object:
    if name == "onset" and isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"onset {value}", hint="seconds since the Unix epoch")
    if name == "path" and isinstance(value, list):
        return tuple(str(each)[:200] for each in value[:MOST])
    if name == "evidence" and isinstance(value, list):
        return tuple(_cited(each) for each in value[:MOST])
    return value[:200] if isinstance(value, str) else value


def _cited(given: Mapping[str, str]) -> Cited:
    query = given.get("query", "")
    if not query or len(query) > LONGEST:
        raise UsageError(
            "evidence without a query, or with a very long one", hint=f"a SELECT of at most {LONGEST} characters"
        )
    return Cited(query, given.get("says", "")[:500])


def checked(claims: Claims, store: Store) -> Claims:
    """Return `claims` with each query asked again.

    A query holds when it asks the telemetry and nothing else, runs, finds rows, and query or rows name the entity that
    is blamed.
    """
    ends = tuple(each for each in (claims.entity, *claims.entity.split("->")) if each)
    return replace(claims, evidence=tuple(replace(each, holds=_holds(each, ends, store)) for each in claims.evidence))


def _holds(cited: Cited, ends: Sequence[str], store: Store) -> bool:
    sql, sign, params = cited.query.rpartition(_PARAMS)
    asked = sql if sign else cited.query
    try:
        given = json.loads(params) if sign else []
        if not isinstance(given, list):
            return False
        scope.check(asked)
        rows = store.query(asked, given, limit=ROWS)
    except Exception:  # noqa: BLE001 - nothing that somebody cites (so deep that Python gives up) undoes the record
        return False
    said = f"{cited.query} {json.dumps(list(rows), default=str)}"
    return bool(rows) and any(each in cited.query.lower() for each in _TABLES) and any(each in said for each in ends)
