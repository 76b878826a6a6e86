"""What a trial injects, done to a world and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from telic.errors import InvalidIntent, UsageError
from telic.model import Harm

CACHE = "valkey"  # the store that `flush: cache` empties
Inject = Callable[[Harm, Mapping[str, object]], None]


@contextmanager
def injected(harm: Harm, inject: Mapping[str, object]) -> Iterator[None]:
    """Do what a trial injects, and take it back at the end, also when something fails; a load is the generator's."""
    kind = kind_of(inject)
    hurt, heal = TRIGGERS[kind]
    given = inject[kind]
    parts: Mapping[str, object] = given if isinstance(given, Mapping) else {"value": given}
    _require_service(harm, kind, parts)
    hurt(harm, parts)
    try:
        yield
    finally:
        heal(harm, parts)


def kind_of(inject: Mapping[str, object]) -> str:
    """Return what a trial injects: capacity, load, flush, error or pause.

    Raises
    ------
    InvalidIntent
        Nothing that is known.
    """
    for kind in TRIGGERS:
        if kind in inject:
            return kind
    raise InvalidIntent(f"a trial cannot inject {', '.join(inject) or 'nothing'}", hint=f"one of {', '.join(TRIGGERS)}")


def words(inject: Mapping[str, object]) -> str:
    """Return what a trial injects, in words.

    Examples
    --------
    >>> words({"capacity": {"service": "hotel", "to": 0.25}, "for": 5.0})
    'hotel has 25 % of its capacity for 5 s'
    """
    kind = kind_of(inject)
    given = inject[kind]
    parts: Mapping[str, object] = given if isinstance(given, Mapping) else {}
    service = parts.get("service", "")
    lasting = f" for {float(str(inject['for'])):g} s" if "for" in inject else ""
    if kind == "capacity":
        return f"{service} has {_number(parts, 'to'):.0%} of its capacity{lasting}".replace("%", " %")
    if kind == "pause":
        return f"{service} runs {_number(parts, 'to'):.0%} of each {_number(parts, 'every'):g} s{lasting}".replace(
            "%", " %"
        )
    if kind == "error":
        return f"{_number(parts, 'p'):.1%} of the calls to {service} fail{lasting}".replace("%", " %")
    return f"the load is {given} times as high{lasting}" if kind == "load" else "the cache is emptied"


def _require_service(harm: Harm, kind: str, parts: Mapping[str, object]) -> None:
    service = parts.get("service")
    if service is not None and service not in harm.state().services:
        raise UsageError(
            f"{kind}: the running system has no service {service!r}", hint=f"it has {', '.join(harm.state().services)}"
        )


def _less(harm: Harm, parts: Mapping[str, object]) -> None:
    harm.capacity(str(parts["service"]), _number(parts, "to"))


def _more(harm: Harm, parts: Mapping[str, object]) -> None:
    harm.capacity(str(parts["service"]), 1.0)


def _fail(harm: Harm, parts: Mapping[str, object]) -> None:
    for edge in _edges_to(harm, str(parts["service"])):
        harm.link(edge, fail=_number(parts, "p"))


def _pass(harm: Harm, parts: Mapping[str, object]) -> None:
    for edge in _edges_to(harm, str(parts["service"])):
        harm.link(edge)


def _stop(harm: Harm, parts: Mapping[str, object]) -> None:
    harm.pause(str(parts["service"]), 1.0 - _number(parts, "to"), every=_number(parts, "every"))


def _go(harm: Harm, parts: Mapping[str, object]) -> None:
    harm.pause(str(parts["service"]), 0.0)


def _flush(harm: Harm, parts: Mapping[str, object]) -> None:
    harm.flush(CACHE)


def _nothing(harm: Harm, parts: Mapping[str, object]) -> None:
    """Nothing is left to be done or taken back."""


def _edges_to(harm: Harm, service: str) -> list[str]:
    return [each.name for each in harm.topology().edges if each.callee == service]


def _number(parts: Mapping[str, object], name: str) -> float:
    return float(cast(float, parts[name]))


TRIGGERS: Mapping[str, tuple[Inject, Inject]] = {
    "capacity": (_less, _more),
    "error": (_fail, _pass),
    "pause": (_stop, _go),
    "flush": (_flush, _nothing),
    "load": (_nothing, _nothing),
}
"""What a trial may inject: how it is done, and how it is taken back."""
