"""What may happen in a made-up system: faults with a cause, and things that harm nobody."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.diagnosis.made.system import Happens, System, Touch

Level = Callable[[float], float]  # at a time [s since the Unix epoch]: how full a resource is [1]


@dataclass
class Happening:
    """Something that happens from `onset` on: what it does to requests, and what else shows it."""

    kind: str
    entity: str  # to blame; "" where nothing is wrong
    onset: float
    touch: Happens | None = None
    cpu: Mapping[str, Level] = field(default_factory=dict)
    memory: Mapping[str, Level] = field(default_factory=dict)
    silent: str = ""  # who sends nothing any more
    event: tuple[str, str] = ("", "")  # reason and text of the orchestrator
    load: Level | None = None  # times the usual load [1]
    change: tuple[str, str, str] = ("", "", "")  # entity, id, summary
    mechanism: str = ""


FAULTS = ("slow", "errors", "crash", "cpu", "memory", "network", "pool", "exception", "store-slow", "swallowed")
QUIET = ("nothing", "load", "blip", "deploy", "batch", "warning")
_EXCEPTIONS = (
    "KeyError: 'currency'",
    "java.lang.NullPointerException at Price.of(Price.java:41)",
    "ValueError: invalid literal for int(): 'n/a'",
    "TypeError: unsupported operand type(s)",
)


def fault(kind: str, made: System, onset: float, chance: random.Random) -> Happening:
    """Draw who fails, how badly, and how others see it."""
    asked = [each for each in made.services[1:] if _reached(made).get(each, 0.0) > 0.25]
    entity = chance.choice(asked or list(made.services[1:]))
    if kind == "store-slow":
        entity = chance.choice([each for each in made.stores if _reached(made).get(each, 0.0) > 0.2] or made.stores)
    much = chance.uniform(0.4, 1.0)

    def at(touch: Callable[[str, random.Random], Touch | None]) -> Happens:
        return lambda who, caller, time, draw: touch(caller, draw) if who == entity and time >= onset else None

    if kind in ("slow", "store-slow"):
        busy = {entity: lambda t: 0.55 if t >= onset else 0.0} if kind == "store-slow" else {}
        slower = 4.0 + 12.0 * much
        return Happening(kind, entity, onset, at(lambda *_: Touch(slower=slower)), cpu=busy, mechanism="delay")
    if kind == "cpu":
        full = {entity: lambda t: 0.97 if t >= onset else 0.0}
        return Happening(
            kind, entity, onset, at(lambda *_: Touch(slower=3.0 + 6.0 * much)), cpu=full, mechanism="cpu-starvation"
        )
    if kind == "errors":
        said = ("ERROR", "request could not be completed: internal error")
        rate = 0.2 + 0.5 * much
        return Happening(
            kind,
            entity,
            onset,
            at(lambda _, draw: Touch(fails=True, says=said) if draw.random() < rate else None),
            mechanism="errors",
        )
    if kind == "exception":
        line = ("ERROR", f"unhandled exception: {chance.choice(_EXCEPTIONS)}")
        return Happening(
            kind,
            entity,
            onset,
            at(lambda _, draw: Touch(fails=True, says=line) if draw.random() < 0.5 + much / 2 else None),
            change=(entity, f"{entity}-{chance.randint(100, 999)}", f"{entity}: new price rules"),
            mechanism="exception",
        )
    if kind == "swallowed":  # all of its requests end early: whom it calls has no work any more
        line = ("ERROR", f"caught {chance.choice(_EXCEPTIONS)}, skipped")
        entity = chance.choice([each for each in asked if made.calls[each]] or [made.entry])
        return Happening(kind, entity, onset, at(lambda *_: Touch(fails=True, says=line)), mechanism="exception")
    if kind == "crash":
        wait, named = chance.choice((0.001, 1.0)), chance.random() < 0.5
        complaint = f"call to {entity} failed: connection refused" if named else "upstream: connection refused"
        return Happening(
            kind,
            entity,
            onset,
            at(lambda *_: Touch(absent=True, waits=wait, complains=complaint)),
            silent=entity,
            event=("BackOff", f"{entity}: back-off restarting failed container") if chance.random() < 0.5 else ("", ""),
            mechanism="crash",
        )
    if kind == "memory":
        leaks = {entity: lambda t: min(0.98, 0.5 + (t - onset) / 900.0) if t >= onset else 0.0}
        return Happening(
            kind,
            entity,
            onset,
            at(lambda *_: Touch(slower=3.0 + 5.0 * much)),
            memory=leaks,
            event=("OOMKilled", f"{entity}: container was killed, out of memory"),
            mechanism="memory-pressure",
        )
    if kind == "network":
        return Happening(
            kind, entity, onset, at(lambda *_: Touch(on_the_way=0.1 + 0.4 * much)), mechanism="network-delay"
        )
    late = ("WARN", "no connection from pool within 500 ms")
    return Happening(
        kind,
        entity,
        onset,
        at(lambda _, draw: Touch(waits=draw.uniform(0.1, 0.8), says=late) if draw.random() < 0.7 else None),
        change=(entity, f"cfg-{chance.randint(100, 999)}", f"{entity}: pool.size 20 -> 4"),
        mechanism="saturation",
    )


def quiet(kind: str, made: System, onset: float, chance: random.Random) -> Happening:
    """Draw something that looks like news and harms nobody."""
    entity = chance.choice(made.services)
    if kind == "load":
        more = chance.choice((0.7, 1.3, 1.45))
        return Happening(kind, "", onset, load=lambda t: more if t >= onset else 1.0)
    if kind == "blip":  # one entity is slower for less than a minute, once
        lasts = chance.uniform(10.0, 40.0)
        return Happening(
            kind,
            "",
            onset,
            lambda who, caller, t, draw: Touch(slower=3.0) if who == entity and onset <= t < onset + lasts else None,
        )
    if kind == "deploy":
        return Happening(kind, "", onset, change=(entity, f"{entity}-{chance.randint(100, 999)}", f"{entity}: texts"))
    if kind == "batch":  # comes every fifteen minutes, in the baseline as well
        phase = chance.uniform(0.0, 900.0)
        return Happening(kind, "", onset, cpu={entity: lambda t: 0.3 if (t + phase) % 900.0 < 150.0 else 0.0})
    if kind == "warning":
        text = ("WARN", "slow start of a worker, retried")
        return Happening(
            kind,
            "",
            onset,
            lambda who, caller, t, draw: Touch(says=text) if who == entity and draw.random() < 0.02 else None,
        )
    return Happening(kind, "", onset)


def _reached(made: System) -> Mapping[str, float]:
    """Share of the requests that reach each entity, at least [1]."""
    found = {made.entry: 1.0}
    for caller in made.services:
        for callee, share in made.calls[caller]:
            found[callee] = max(found.get(callee, 0.0), share * found.get(caller, 0.0))
    return found
