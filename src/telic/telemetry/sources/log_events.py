"""Alerts and changes that came in as log events: what a record of the table ``logs`` means by its event name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from telic.telemetry.sources.rows import Row, text_of
from telic.telemetry.sources.times import ns_of

FIRING, RESOLVED = "alert.firing", "alert.resolved"
STARTED = "startsAt"  # attribute of a record of an alert that ended: when it began
CHANGES = ("deploy", "config", "flag", "migration", "scale")
"""Event names that are kinds of changes."""
DEPLOYED: tuple[tuple[str, str], ...] = (("deployment.status", ""), ("cicd.pipeline.task.type", "deploy"))
"""Attributes, with their value if only one counts, by which an event with any other name is a deploy.

``deployment.id`` and ``deployment.name`` are none of them: services put them on everything they say.
https://opentelemetry.io/docs/specs/semconv/registry/attributes/deployment/ and .../cicd/
"""
_IDS = ("feature_flag.key", "vcs.ref.head.revision", "deployment.id", "cicd.pipeline.run.id", "vcs.change.id")
_AUTHORS = ("user.name", "user.full_name", "user.email", "user.id")
_TITLES = ("deployment.name", "vcs.change.title", "cicd.pipeline.name", "feature_flag.key")


def alerts_of(records: Iterable[Row]) -> Iterator[Row]:
    """Yield one row for every time that an alert fired, from its records ``alert.firing`` and ``alert.resolved``.

    Repetitions count once. One that is on record only as resolved began when that record says, else when it ended; one
    that begins anew without having been resolved ended at the latest then.
    """
    of_alert: dict[tuple[object, ...], list[Row]] = {}
    for record in sorted(records, key=lambda each: (_time(each), str(each["event_name"]), str(each["attributes"]))):
        said = _said(record)
        key = (record["service"], said.get("fingerprint") or (record["instance"], _name(record, said)))
        of_alert.setdefault(key, []).append(record)
    for found in of_alert.values():
        yield from _times_fired(found)


def _times_fired(records: Iterable[Row]) -> Iterable[Row]:
    """Return the rows of one alert, from its records by time."""
    rows: dict[int, Row] = {}
    for record in records:
        at, said = _time(record), _said(record)
        if record["event_name"] == RESOLVED:
            unended = (begun for begun, row in rows.items() if row["end_ns"] in (0, at))
            begun = _started(said) or max(unended, default=at)
            rows[begun] = _alert(record, said, begun, at)
        elif at not in rows:
            for before in rows.values():
                before["end_ns"] = before["end_ns"] or at
            rows[at] = _alert(record, said, at, 0)
    return rows.values()


def _alert(record: Row, said: Mapping[str, Any], begun: int, ended: int) -> Row:
    name = _name(record, said)
    return {
        "time_ns": begun,
        "end_ns": ended,
        "name": name,
        "entity": record["service"],
        "severity": str(said.get("severity") or record["severity"]),
        "text": str(record["body"]).removeprefix(name).removeprefix(": "),
        "attributes": text_of({key: value for key, value in said.items() if key != STARTED}),
    }


def change_of(record: Row) -> Row | None:
    """Return a record as a change; None for one that is none.

    The service is whose resource sent it, the summary its body. The identity is the flag's key, the revision or the
    deployment's number, as far as the attributes have them; ``diff``, ``before`` and ``after`` are taken as they are.
    """
    said = _said(record)
    kind = str(record["event_name"])
    if kind not in CHANGES:
        if not any(said.get(name) not in (None, "") and wanted in ("", said[name]) for name, wanted in DEPLOYED):
            return None
        kind = "deploy"
    entity, at = str(record["service"]), record["time_ns"]
    return {
        "time_ns": at,
        "kind": kind,
        "entity": entity,
        "id": _first(said, _IDS) or f"{kind}-{entity}-{at}",
        "summary": str(record["body"]) or _first(said, _TITLES),
        "diff": str(said.get("diff", "")),
        "author": _first(said, _AUTHORS),
        "attributes": text_of({"version": record["version"], **said, "diff": ""}),
    }


def _said(record: Row) -> dict[str, Any]:
    """Return a record's own attributes."""
    said: dict[str, Any] = msgspec.json.decode(str(record["attributes"]) or "{}", type=dict[str, Any])
    return {key: value for key, value in said.items() if key not in ("resource", "scope")}


def _name(record: Row, said: Mapping[str, Any]) -> str:
    return str(said.get("alertname") or str(record["body"]).partition(": ")[0])


def _time(record: Row) -> int:
    return int(str(record["time_ns"]))


def _started(said: Mapping[str, Any]) -> int:
    try:
        return max(0, ns_of(str(said.get(STARTED, ""))))
    except ValueError:
        return 0


def _first(said: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((str(said[name]) for name in names if said.get(name) not in (None, "")), "")
