"""Hypotheses of the sequence templates said again in the language, from template and parameters alone.

So a finding can be asked of other events, where its template would cut times elsewhere or not ask about it at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from telic.opportunities.language.algebra import Compare, Duration, Number, Value
from telic.opportunities.language.build import NOUN, time
from telic.opportunities.language.parser import parse_value
from telic.opportunities.language.tree import (
    Between,
    Count,
    Dwell,
    Edge,
    Has,
    Link,
    Pattern,
    Rate,
    Repeated,
    Retried,
    Selector,
    Sequence,
    Span,
    ThenNo,
    Until,
)
from telic.opportunities.model import Value as Param

Params = Mapping[str, Param | tuple[str, ...]]
Events = tuple[Selector, ...]


def restated(template: str, params: Params) -> Value | None:
    """Return the question of a hypothesis; nothing where its template is none of sequences.

    Examples
    --------
    >>> from telic.opportunities.language import write
    >>> write(restated("gapped", {"events": ("a", "b"), "within": "10m"}))
    "group has 'a' .. 'b' within 10m"
    """
    if template == "stated":
        return parse_value(str(params["is"]))
    if template not in _TEMPLATES:
        return None
    found = _TEMPLATES[template](_events(params), params)
    if isinstance(found, Value):
        return found
    ignored = params.get("ignore")
    return Has(NOUN, found, Selector(ignored) if isinstance(ignored, tuple) else None)


def _events(params: Params) -> Events:
    labels = params.get("events")
    events = labels if isinstance(labels, tuple) else ()
    joined = [params.get(f"{place} is") for place in range(1, len(events) + 1)]
    return tuple(Selector(of if isinstance(of, tuple) else (each,)) for each, of in zip(events, joined, strict=True))


def _within(params: Params) -> int | None:
    return time(str(params["within"])) if "within" in params else None


def _whole(params: Params, name: str) -> int:
    return int(str(params[name]))


def _chain(link: Link) -> Callable[[Events, Params], Pattern]:
    return lambda events, params: Sequence(events, (link,) * (len(events) - 1), _within(params))


def _retries(events: Events, params: Params) -> Pattern:
    times = _whole(params, "times")
    return Repeated(events[0], times) if len(events) == 1 else Retried(events[0], times, events[1])


def _durations(events: Events, params: Params) -> Value:
    kinds: list[Value] = [Span(NOUN)]
    if events:
        kinds = [Dwell(events[0])] if len(events) == 1 else [Between(*events)]
    return Compare(">", kinds[0], Duration(time(str(params["longer than"]))))


def _agents(events: Events, params: Params) -> Value | Pattern:
    match params.get("shape"):
        case "back and forth":
            return Sequence((*events, *events), (">", ">", ">"))
        case "half of all":
            return Compare(">=", Rate(events[0]), Number(0.5))
        case "starts" | "ends" as side:
            return Edge(NOUN, "starts" if side == "starts" else "ends", events[0])
        case _:
            return Compare(">", Count(Selector()), Number(float(_whole(params, "more than"))))


_TEMPLATES: Mapping[str, Callable[[Events, Params], Value | Pattern]] = {
    "ngrams": _chain(">"),
    "gapped": _chain(".."),
    "until": lambda events, _: Until(*events),
    "then-no": lambda events, params: ThenNo(events[0], events[1], _within(params)),
    "retries": _retries,
    "durations": _durations,
    "agents": _agents,
}
