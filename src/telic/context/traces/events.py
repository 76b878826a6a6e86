"""What happens inside a span, in order: its start, the lines that it logs, its end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from telic.context.traces.spans import Spans, Tables
from telic.model import Window

ERROR = 4
"""Level of a line that reports an error; 1 debug, 2 info, 3 warning."""
_LEVELS = {"TRACE": 1, "DEBUG": 1, "INFO": 2, "NOTICE": 2, "WARN": 3, "WARNING": 3}
_LEVELS |= dict.fromkeys(("ERROR", "FATAL", "CRITICAL", "SEVERE", "ALERT", "EMERGENCY"), ERROR)
_LOCATION = re.compile(r"(?<!\S)(\S*[A-Za-z]\S*#\d+|[\w./$-]+\.[A-Za-z]{1,5}:\d+)(?=[\s:,\])]|$)")
_HEAD = 160  # characters in which a line names its source [1]
_VARIABLE = re.compile(r"[^\s]*\d[^\s]*|\"[^\"]*\"|'[^']*'")
_WORDS = 12  # words of a line that tell it from others [1]


class Event(NamedTuple):
    """One point in a span: its start, a line that it logged, its end."""

    time: int  # [ns since the Unix epoch]
    name: str
    level: int = 0  # severity of a line: 1 debug to 4 error; 0 for start and end
    end: bool = False


def event_name(body: str) -> str:
    """Return where in the code a line was logged if it says so (``Class#114``, ``cart.py:52``), else its pattern.

    Examples
    --------
    >>> event_name("16:48:16.545 INFO  t.c.Travel2Controller#129 TraceID: 88eb SpanID: dd84 [getTrip]")
    't.c.Travel2Controller#129'
    >>> event_name("connection to 10.0.0.7 closed after 31 ms")
    'connection to <*> closed after <*> ms'
    """
    found = _LOCATION.search(body, 0, _HEAD)
    if found:
        return found.group(1)
    return " ".join(_VARIABLE.sub("<*>", body[:_HEAD]).split()[:_WORDS])


def sequences(tables: Tables, spans: Spans, window: Window, *, covered: bool = False) -> list[list[Event]]:
    """Return the events of every span, in order: start, lines, end; a line whose span is unknown is left out.

    Parameters
    ----------
    covered
        Leave spans empty that lie outside the stretch in which their entity's log was recorded: that nothing was
        logged there says nothing about the code.
    """
    found = tables.columns("logs", ("time", "trace_id", "span_id", "severity", "body"), [window])
    lines: dict[int, list[Event]] = {}
    ids = spans.ids
    rows = zip(
        *(found[each] for each in ("trace_id", "span_id", "severity", "body")), found["time"].tolist(), strict=True
    )
    for trace, span, severity, body, time in rows:
        index = ids.get((trace, span))
        if index is not None:
            lines.setdefault(index, []).append(Event(time, event_name(body), _LEVELS.get(severity.upper(), 2)))
    first, last = _recorded(spans, lines) if covered else ({}, {})
    names, starts, ends, entities = spans.name.tolist(), spans.start.tolist(), spans.end.tolist(), spans.entity.tolist()
    chains: list[list[Event]] = []
    for index, name in enumerate(names):
        entity = entities[index]
        if covered and not first.get(entity, 0) <= starts[index] <= last.get(entity, 0):
            chains.append([])
            continue
        within = sorted(lines.get(index, ()), key=lambda each: each.time)
        what = spans.names[name]
        closes = max(ends[index], within[-1].time) if within else ends[index]
        chains.append([Event(starts[index], f"{what} start"), *within, Event(closes, f"{what} end", end=True)])
    return chains


def _recorded(spans: Spans, lines: Mapping[int, Sequence[Event]]) -> tuple[dict[int, int], dict[int, int]]:
    """First start and last start of a span that logged something, by entity [ns since the Unix epoch]."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for index in lines:
        entity, start = int(spans.entity[index]), int(spans.start[index])
        first[entity] = min(first.get(entity, start), start)
        last[entity] = max(last.get(entity, start), start)
    return first, last
