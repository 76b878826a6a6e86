"""Trivial ways to name a cause and to act on it: the last change, the loudest service, always the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from telic.lab.actors.actor import actor
from telic.lab.session.session import Session
from telic.model import OPERATOR

BACK = 300.0  # for the last change, and for what was loud [s]


@actor("constant", example={})
class Constant:
    """Says at once that something is wrong at the service that every suite hurts most, and restarts it."""

    def run(self, session: Session) -> None:
        """Answer."""
        place = first_below(session)
        session.call("submit", {"healthy": False, "entity": place, "mechanism": "exception"})
        session.call("restart", {"target": place})
        session.call("submit", {"final": True})


class Blaming:
    """Waits for an alert, blames by a rule of thumb, and does the obvious thing; without an alert all is well."""

    always: ClassVar[bool] = False  # whether it blames somebody although nothing alerts

    def run(self, session: Session) -> None:
        """Watch, blame, act."""
        while not session.closed:
            alerts = session.call("alerts", {}).rows
            if alerts:
                self.blame(session, alerts)
                break
            session.call("wait", {"seconds": 3.0})
            if _almost_over(session):
                self.say_well(session)
        session.call("submit", {"final": True})

    def say_well(self, session: Session) -> None:
        """Say that nothing is wrong; one that always blames does so now."""
        if self.always:
            self.blame(session, ())
        session.call("submit", {"healthy": not self.always, "final": True})

    def blame(self, session: Session, alerts: Sequence[Mapping[str, object]]) -> None:
        """Name a cause and act on it."""
        raise TypeError(f"{type(self).__name__} has no rule of thumb")


@actor("last-change", example={})
class LastChange(Blaming):
    """Blames whatever was changed last, and rolls it back."""

    def blame(self, session: Session, alerts: Sequence[Mapping[str, object]]) -> None:
        """Roll back the newest deploy, or set the newest setting back."""
        now = session.now()
        found = session.call("get_changes", {"start": now - BACK, "end": now}).rows
        theirs = [each for each in found if each.get("author") != OPERATOR]
        if not theirs:
            session.call("submit", {"healthy": False})
            return
        newest = max(theirs, key=lambda each: float(str(each["time"])))
        entity = str(newest["entity"])
        slow = any(each.get("signal") == "latency" for each in alerts)
        mechanism = "wrong-config" if newest["kind"] == "config" else "slow-query" if slow else "exception"
        session.call("submit", claim(session, entity, mechanism, float(str(newest["time"]))))
        if newest["kind"] == "deploy":
            session.call("rollback", {"target": entity, "version": str(newest["before"])})
        else:
            for key, value in settings_before(str(newest["diff"])):
                session.call("set_config", {"target": entity, "key": key, "value": value})


@actor("loudest", example={})
class Loudest(Blaming):
    """Blames the service with the most errors, or else the slowest one, and restarts it."""

    def blame(self, session: Session, alerts: Sequence[Mapping[str, object]]) -> None:
        """Restart whoever is loudest."""
        entity, failing = loudest(session)
        session.call("submit", claim(session, entity, "exception" if failing else "slow-query", session.now()))
        session.call("restart", {"target": entity})


def claim(session: Session, entity: str, mechanism: str, onset: float) -> dict[str, object]:
    """Return a claim with a query that finds rows of the entity."""
    query = f"SELECT service, name FROM spans WHERE service = '{entity}' LIMIT 10"
    return {
        "healthy": False,
        "entity": entity,
        "mechanism": mechanism,
        "onset": onset,
        "path": [entity, session.brief.entry],
        "evidence": [{"query": query, "says": "it serves requests"}],
    }


def loudest(session: Session) -> tuple[str, bool]:
    """Return the service below the entry with the most errors in the last seconds, or the slowest one."""
    sql = f"""SELECT service, count(*) FILTER (WHERE status = 'error') AS errors,
    quantile_cont(duration_ns, 0.95) AS slow
    FROM spans WHERE kind = 'server' AND start_ns >= {round((session.now() - 10.0) * 1e9)}
    AND service <> '{session.brief.entry}' GROUP BY service ORDER BY errors DESC, slow DESC, service"""
    rows = session.call("query", {"sql": sql}).rows
    if not rows:
        return first_below(session), False
    return str(rows[0]["service"]), int(str(rows[0]["errors"])) > 0


def first_below(session: Session) -> str:
    """Return the first service that the entry calls."""
    edges = session.call("get_topology", {}).rows
    callees = sorted(str(each["callee"]) for each in edges if each["caller"] == session.brief.entry)
    return callees[0] if callees else session.brief.entry


def settings_before(diff: str) -> Sequence[tuple[str, str | int | float | bool]]:
    """Return keys and their values before, from lines ``key: old -> new``."""
    found: list[tuple[str, str | int | float | bool]] = []
    for line in diff.splitlines():
        key, _, values = line.partition(": ")
        old = values.partition(" -> ")[0]
        if values and old != "(none)":
            found.append((key, _typed(old)))
    return found


def _typed(text: str) -> str | int | float | bool:
    if text in ("True", "False"):
        return text == "True"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _almost_over(session: Session) -> bool:
    return session.brief.began + session.brief.seconds - session.now() < 5.0
