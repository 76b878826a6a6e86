"""What a source of telemetry has to say of itself, what it is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

import pyarrow

from telic.errors import SourceFailed
from telic.model import Window
from telic.registry import Registry
from telic.telemetry.columns import ARROW

pa: Any = pyarrow  # its types are not for mypy: names reach the package through a star import

Signal = Literal["metrics", "logs", "spans", "events", "changes", "alerts", "entities", "edges"]
SIGNALS: tuple[Signal, ...] = get_args(Signal)
Filter = Literal["window", "entities", "names", "contains"]
Columns = Any  # pyarrow.Table


def _schema(**columns: str) -> Any:
    kinds = {"text": pa.string(), "ns": pa.int64(), "count": pa.int64()}
    return pa.schema([(name, kinds[kind]) for name, kind in columns.items()])


SCHEMAS: dict[str, Any] = {
    **{name: ARROW[name] for name in ("metrics", "logs", "spans")},
    "events": _schema(time_ns="ns", kind="text", entity="text", reason="text", text="text", attributes="text"),
    "changes": _schema(
        time_ns="ns",
        kind="text",
        entity="text",
        id="text",
        summary="text",
        diff="text",
        author="text",
        attributes="text",
    ),
    "alerts": _schema(
        time_ns="ns", end_ns="ns", name="text", entity="text", severity="text", text="text", attributes="text"
    ),
    "entities": _schema(name="text", kind="text", of="text", on="text", attributes="text"),
    "edges": pa.schema(
        [("caller", pa.string()), ("callee", pa.string()), ("kind", pa.string()), ("calls", pa.int64())]
    ),
}
"""Columns of every signal: those of the store, and of a recorded incident for what the store has no table for."""

TIME = {"metrics": "time_ns", "logs": "time_ns", "spans": "start_ns"} | dict.fromkeys(
    ("events", "changes", "alerts"), "time_ns"
)
ENTITY = {"metrics": "service", "logs": "service", "spans": "service", "entities": "name"} | dict.fromkeys(
    ("events", "changes", "alerts"), "entity"
)


@dataclass(frozen=True)
class Limit:
    """Bounds on one answer: what reaches one of them is cut off there, and says so."""

    rows: int = 100_000  # [1]
    bytes: int = 64 << 20  # of all bodies, unpacked [bytes]
    seconds: float = 20.0  # for all requests together [s]


@dataclass(frozen=True)
class Question:
    """What is asked of a source: a value, so that it can be logged and asked again.

    Parameters
    ----------
    signal
        What kind of thing.
    window
        From when to when; topology (`entities`, `edges`) is that of its end where a source keeps no history.
    entities
        Services that matter; none means all.
    names
        Metric names, span names, event reasons or alert names that matter; none means all.
    contains
        Text that a log line must hold.
    query
        A query in the source's own language, in place of what would be asked; filters but the window are not added.
    limit
        Bounds on the answer.
    """

    signal: Signal
    window: Window
    entities: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    contains: str = ""
    query: str = ""
    limit: Limit = field(default_factory=Limit)


@dataclass(frozen=True)
class Answer:
    """What a source knows.

    Parameters
    ----------
    table
        A ``pyarrow.Table`` with the columns of `SCHEMAS[signal]`, oldest first.
    cut
        What is not in it and why, a sentence each; empty where everything is.
    queries
        The requests that were made, in the source's own language, secrets hidden.
    bytes
        How much was read [bytes].
    """

    table: Columns
    cut: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    bytes: int = 0


class Source(Protocol):
    """Somebody else's telemetry, read-only. The class docstring is its card.

    Parameters of the class are what ``--source`` and a sources file may say; `url` is the first of them.
    """

    @property
    def offers(self) -> tuple[Signal, ...]:
        """Signals that it can be asked for."""
        ...

    @property
    def pushes(self) -> tuple[Filter, ...]:
        """Filters that its server applies; the others are applied here."""
        ...

    @property
    def where(self) -> str:
        """The address, without secrets."""
        ...

    def fetch(self, question: Question) -> Answer:
        """Answer within the limits of `question`.

        Raises
        ------
        SourceFailed
            It is down, refuses, says nonsense, or a limit was reached before the first row.
        UsageError
            It does not offer the signal.
        """
        ...


source: Registry[Source] = Registry("source")


class Exhausted(SourceFailed):
    """A limit on bytes or time was reached."""
