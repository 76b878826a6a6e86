"""The telemetry of a made-up system, under the names of one of six monitoring schemes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.diagnosis.made.happenings import Happening
from benchmarks.diagnosis.made.system import Asked, System, Work

STEP = 30.0  # between points of a metric [s]
STANDS_FOR = 40  # requests that one simulated request stands for [1]
Row = dict[str, object]


@dataclass(frozen=True)
class Scheme:
    """What metrics are called; cumulative ones only grow."""

    latency: str
    requests: str
    errors: str
    cpu: str
    memory: str
    unit: float = 1.0  # seconds in the latency's unit [s]
    cumulative: bool = False
    percent: bool = True  # of CPU and memory


SCHEMES = (
    Scheme("http.server.duration.mean", "http.server.requests", "http.server.errors", "cpu_usage", "memory_usage"),
    Scheme("http_request_duration_seconds", "", "", "container_cpu_usage", "container_memory_usage", cumulative=True),
    Scheme("Latency.Average", "RequestCount.Sum", "Fault.Sum", "CPUUtilization", "MemoryUtilization"),
    Scheme("response_time_ms_p95", "rps", "errors_per_s", "cpu.percent", "mem.percent", unit=1e-3),
    Scheme(
        "rpc.server.duration.p50", "rpc.server.count", "rpc.server.failures", "cpu.ratio", "mem.ratio", percent=False
    ),
    Scheme("request_duration_milliseconds", "", "", "process_cpu", "process_memory", unit=1e-3, cumulative=True),
)


def metrics(
    made: System,
    requests: Sequence[Sequence[Work]],
    start: float,
    end: float,
    happening: Sequence[Happening],
    chance: random.Random,
) -> Iterator[Row]:
    """Points of every entity every half minute; who is silent sends none."""
    scheme = chance.choice(SCHEMES)
    bins = int((end - start) // STEP)
    took: dict[tuple[str, int], list[tuple[float, bool]]] = {}
    for each in requests:
        for work in each:
            took.setdefault((work.entity, int((work.end - start) // STEP)), []).append(
                (work.end - work.start, work.failed)
            )
    usual = STEP / max((end - start) / max(len(requests), 1), 1e-9)
    for entity in made.names:
        totals = {"count": 0.0, "sum": 0.0, "failed": 0.0}
        mute = next((each.onset for each in happening if each.silent == entity), end)
        for number in range(bins):
            time = start + number * STEP
            if time >= mute:
                break
            served = took.get((entity, number), [])
            busy = made.idle[entity] + 0.2 * len(served) / usual
            for name, level in (("cpu", busy), ("memory", 0.45)):
                extra = max(
                    (getattr(each, name)[entity](time) for each in happening if entity in getattr(each, name)),
                    default=0.0,
                )
                share = min(max(level * chance.gauss(1.0, 0.04), extra * chance.gauss(1.0, 0.01)), 1.0)
                yield _point(
                    time,
                    entity,
                    getattr(scheme, name),
                    share * (100.0 if scheme.percent else 1.0),
                    "%" if scheme.percent else "1",
                )
            yield from _served(scheme, time, entity, served, totals)


def _served(
    scheme: Scheme, time: float, entity: str, served: Sequence[tuple[float, bool]], totals: dict[str, float]
) -> Iterator[Row]:
    times, failed = sorted(each for each, _ in served), sum(lost for _, lost in served) * STANDS_FOR
    count = len(served) * STANDS_FOR
    if scheme.cumulative:
        totals["count"] += count - failed
        totals["failed"] += failed
        totals["sum"] += sum(times) * STANDS_FOR / scheme.unit
        yield _point(time, entity, f"{scheme.latency}_sum", totals["sum"], "")
        yield _point(time, entity, f"{scheme.latency}_count", totals["count"], "", {"status": "200"})
        yield _point(time, entity, f"{scheme.latency}_count", totals["failed"], "", {"status": "500"})
        return
    per = STEP if scheme.requests == "rps" else 1.0
    yield _point(time, entity, scheme.requests, count / per, "1")
    yield _point(time, entity, scheme.errors, failed / per, "1")
    if times:
        quantile = 0.95 if "p95" in scheme.latency else 0.5
        value = times[int(quantile * (len(times) - 1))] if "p" in scheme.latency[-3:] else sum(times) / len(times)
        yield _point(time, entity, scheme.latency, value / scheme.unit, "ms" if scheme.unit < 1.0 else "s")


def logs(
    made: System,
    requests: Sequence[Sequence[Work]],
    start: float,
    end: float,
    happening: Sequence[Happening],
    chance: random.Random,
    *,
    traced: bool,
) -> Iterator[Row]:
    """Lines of requests, a warning now and then, and a heartbeat of every service."""
    known = {each: chance.random() < 0.3 for each in made.services}
    for number, each in enumerate(requests):
        for place, work in enumerate(each):
            if work.entity not in known:
                continue
            ids = _ids(number, place) if traced else ("", "")
            if chance.random() < 0.5:
                text = (
                    f"handled {work.entity} request {chance.randrange(10**6)} in {(work.end - work.start) * 1e3:.1f} ms"
                )
                yield _line(work.end, work.entity, "INFO", text, ids)
            if known[work.entity] and chance.random() < 0.005:
                yield _line(work.end, work.entity, "WARN", f"cache entry {chance.randrange(1000)} was stale", ids)
            for time, level, text in work.lines:
                yield _line(time, work.entity, level, text, ids)
    for entity in made.services:
        mute = next((each.onset for each in happening if each.silent == entity), end)
        time = start + chance.uniform(0.0, 20.0)
        while time < mute:
            yield _line(time, entity, "INFO", f"heartbeat: {chance.randint(1, 9)} workers ready", ("", ""))
            time += 20.0


def spans(requests: Sequence[Sequence[Work]], keep: float, chance: random.Random, *, clients: bool) -> Iterator[Row]:
    """Spans of a share of the requests, with those of the calling side if `clients`."""
    for number, each in enumerate(requests):
        if chance.random() >= keep:
            continue
        above = {place: _ids(number, work.parent)[1] for place, work in enumerate(each) if work.parent >= 0}
        for place, work in enumerate(each):
            for count, asked in enumerate(work.asks if clients else ()):
                ids = _ids(number, 64 + place * 16 + count)
                if asked.place >= 0:
                    above[asked.place] = ids[1]
                yield _span(ids, _ids(number, place)[1], work.entity, f"call {asked.callee}", asked)
            yield _span(_ids(number, place), above.get(place, ""), work.entity, f"{work.entity}.handle", work)


def _span(ids: tuple[str, str], parent: str, entity: str, name: str, work: Work | Asked) -> Row:
    return {
        **{"trace_id": ids[0], "span_id": ids[1], "parent_span_id": parent, "entity": entity, "name": name},
        **{"instance": f"{entity}-0", "kind": "server" if isinstance(work, Work) else "client", "attributes": "{}"},
        **{"start": work.start, "end": max(work.end, work.start), "status": "ERROR" if work.failed else "OK"},
    }


def _ids(number: int, place: int) -> tuple[str, str]:
    return f"{number:032x}", f"{number * 2048 + place + 1:016x}"


def _point(
    time: float, entity: str, name: str, value: float, unit: str, labels: Mapping[str, str] | None = None
) -> Row:
    attributes = json.dumps(labels) if labels else ""
    return {"time": time, "entity": entity, "name": name, "value": value, "unit": unit, "attributes": attributes}


def _line(time: float, entity: str, level: str, body: str, ids: tuple[str, str]) -> Row:
    return {
        "time": time,
        "entity": entity,
        "severity": level,
        "body": body,
        "trace_id": ids[0],
        "span_id": ids[1],
        "attributes": "{}",
    }
