"""What the API of Prometheus answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Literal, TypeVar

import msgspec

from telic.telemetry.sources.visit import Visit

T = TypeVar("T")
Sample = tuple[float, str]  # time [s], value as text


class Reply(msgspec.Struct, Generic[T]):
    """Every answer of the API."""

    status: Literal["success"]
    data: T
    warnings: list[str] = []


class Series(msgspec.Struct):
    """One series of a result: `values` of a matrix, `value` of a vector."""

    metric: dict[str, str]
    values: list[Sample] = []
    value: Sample | None = None
    histograms: list[tuple[float, dict[str, Any]]] = []  # native ones


class Result(msgspec.Struct):
    """Data of ``query`` and ``query_range``."""

    resultType: Literal["matrix", "vector", "scalar", "string"]
    result: list[Series]


class Family(msgspec.Struct):
    """What a target says of a metric."""

    type: str = ""
    unit: str = ""
    help: str = ""


def ask(visit: Visit, path: str, params: Sequence[tuple[str, str]], kind: type[T]) -> T:
    """Return the data of one request; warnings of the server are kept as what was cut."""
    reply = visit.get(f"/api/v1/{path}", params, Reply[kind])  # type: ignore[valid-type]
    visit.cut += [f"the server warns: {each}"[:300] for each in reply.warnings]
    return reply.data


def instant(visit: Visit, query: str, at: float) -> list[Series]:
    """Evaluate `query` at one time [s since the Unix epoch]."""
    return ask(visit, "query", [("query", query), ("time", f"{at:.3f}")], Result).result


def ranged(visit: Visit, query: str, start: float, end: float, step: float) -> list[Series]:
    """Evaluate `query` every `step` [s]."""
    params = [("query", query), ("start", f"{start:.3f}"), ("end", f"{end:.3f}"), ("step", f"{step:.3f}")]
    return ask(visit, "query_range", params, Result).result
