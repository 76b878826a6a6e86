"""Metrics of a web shop in which latency and errors flow from callee to caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tests.worlds.recorded.folders import HEADER, Row, points, write

from telic.worlds.recorded import Recording, read

CALLS = [("web", "cart"), ("web", "search"), ("cart", "store"), ("search", "store"), ("web", "mail")]
MINUTES = 90  # the baseline's 60 and the window's 30
FAULT = range(72, 86)  # minutes with the fault


def shop(
    folder: Path,
    *,
    latency: Mapping[str, float] | None = None,
    failing: Mapping[str, float] | None = None,
    async_noise: float = 0.0,
    seed: int = 1,
    signal: str = "latency.mean",
    requests: bool = True,
    entity: str = "web",
) -> Recording:
    """Record the shop while `latency` [s] is added to a service's own time and a share [1] of its requests fails."""
    draw = np.random.default_rng(seed)
    asked = {"web": 100.0, "cart": 80.0, "search": 60.0, "store": 140.0, "mail": 20.0}
    own = {"web": 0.010, "cart": 0.020, "search": 0.015, "store": 0.005, "mail": 0.030}
    rows: list[Row] = []
    series: dict[tuple[str, str], list[float]] = {}
    for minute in range(MINUTES):
        bad = minute in FAULT
        time = {
            name: value * draw.normal(1.0, 0.03) + ((latency or {}).get(name, 0.0) if bad else 0.0)
            for name, value in own.items()
        }
        if async_noise:
            time["mail"] += async_noise * float(minute >= 60)
        share = {name: (failing or {}).get(name, 0.0) if bad else 0.0 for name in own}
        whole = {"store": time["store"], "mail": time["mail"]}
        whole["cart"] = time["cart"] + whole["store"]
        whole["search"] = time["search"] + whole["store"]
        whole["web"] = time["web"] + 0.8 * whole["cart"] + 0.6 * whole["search"]
        lost = {"store": share["store"], "mail": share["mail"]}
        lost["cart"] = 1 - (1 - share["cart"]) * (1 - lost["store"])
        lost["search"] = 1 - (1 - share["search"]) * (1 - lost["store"])
        lost["web"] = 1 - (1 - share["web"]) * (1 - 0.8 * lost["cart"]) * (1 - 0.6 * lost["search"])
        for name in own:
            count = asked[name] * draw.normal(1.0, 0.02)
            series.setdefault((name, "requests.sum"), []).append(round(count))
            series.setdefault((name, "latency.mean"), []).append(whole[name])
            series.setdefault((name, "availability.mean"), []).append(100.0 * (1.0 - round(lost[name] * count) / count))
    for (name, metric), values in series.items():
        if requests or not metric.startswith("requests"):
            rows += points(name, metric, values, unit={"l": "s", "a": "%"}.get(metric[0], ""))
    header = HEADER.replace("latency.mean", signal).replace("entity: web", f"entity: {entity}")
    header = header.replace("T01:10", "T01:12")
    return read(write(folder / "shop", header=header, metrics=rows, calls=CALLS))


def entities(causes: Sequence[object]) -> list[str]:
    """Return the entities of ranked causes."""
    return [each.cause.entity for each in causes]  # type: ignore[attr-defined]
