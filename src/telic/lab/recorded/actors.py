"""Built-in actors on recordings: those that need a running system have a counterpart here, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from telic.errors import UsageError
from telic.lab.actors import Trusted, actor, work
from telic.lab.recorded import statistics
from telic.lab.recorded.stage import Play, Tape
from telic.lab.session.session import Session
from telic.lab.session.stage import Stage


def play(name: str) -> Play:
    """Return what lets the built-in actor called `name` work on a recording.

    Raises
    ------
    UnknownName
        No such actor.
    UsageError
        One that works on running systems only.
    """
    actor.factory(name)
    if name in _OWN:
        return _OWN[name]
    made = actor.create(name)
    if isinstance(made, Trusted):
        raise UsageError(
            f"{name} works on systems that run, this is a recording",
            hint=f"on recordings: {', '.join(each for each in actor if on_tape(each))}",
        )

    def played(session: Session, stage: Stage) -> None:
        work(actor.create(name), session, stage)

    return played


def on_tape(name: str) -> bool:
    """Whether the actor called `name` can work on a recording."""
    return name in _OWN or not isinstance(actor.create(name), Trusted)


def oracle(session: Session, stage: Stage) -> None:
    """Say what the truth says: shows that a recording can be judged."""
    sealed, topology = cast(Tape, stage).sealed, cast(Tape, stage).recording.topology()
    if sealed.negative:
        session.call("submit", {"healthy": True, "final": True})
        return
    from telic.lab.actors.oracle import path

    truth = sealed.truths[0]
    session.call("wait", {"seconds": max(0.0, truth.injected - session.now())})
    service = truth.entity.split("->")[0]
    table = "spans" if session.call("query", {"sql": "SELECT 1 FROM spans LIMIT 1"}).rows else "metrics"
    query = f"SELECT service, name FROM {table} WHERE service = '{service}' LIMIT 10"
    session.call(
        "submit",
        {
            "healthy": False,
            "entity": truth.entity,
            "mechanism": truth.mechanism,
            "onset": truth.injected,
            "path": list(dict.fromkeys([truth.entity, *path(topology, service), session.brief.entry])),
            "evidence": [{"query": query, "says": f"{service} is there"}],
            "final": True,
        },
    )


_OWN: Mapping[str, Callable[[Session, Stage], None]] = {"telic": statistics.telic, "oracle": oracle}
