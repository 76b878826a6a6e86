"""JSON lines of changes, alerts and orchestrator events; whatever else a line knows is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from telic.errors import InvalidRecord
from telic.model import Change
from telic.model.signals import Alert, Event
from telic.worlds.recorded.times import seconds

T = TypeVar("T")
_KINDS = ("deploy", "config", "policy", "flag", "migration", "scale", "grant", "restart", "commit", "other")
_LONGEST = 16 << 20  # of one line [bytes]


def read_changes(file: Path) -> list[Change]:
    """Read ``changes.jsonl``, oldest first; a kind that nobody knows is ``other`` and stays in the summary."""
    return _read(file, _change)


def read_alerts(file: Path) -> list[Alert]:
    """Read ``alerts.jsonl``, oldest first."""
    return _read(file, _alert)


def read_events(file: Path) -> list[Event]:
    """Read ``events.jsonl``, oldest first."""
    return _read(file, _event)


def _read(file: Path, record: Callable[[Mapping[str, object], str], T]) -> list[T]:
    found = [record(line, where) for line, where in _lines(file)] if file.exists() else []
    return sorted(found, key=lambda each: each.time)  # type: ignore[attr-defined]


def _lines(file: Path) -> Iterator[tuple[Mapping[str, object], str]]:
    with file.open("rb") as opened:
        for number, line in enumerate(opened, start=1):
            where = f"{file}:{number}"
            if len(line) > _LONGEST:
                raise InvalidRecord(f"{where}: a line of {len(line)} bytes", hint=f"at most {_LONGEST} bytes")
            if not line.strip():
                continue
            try:
                value = msgspec.json.decode(line)
            except msgspec.DecodeError as error:
                raise InvalidRecord(f"{where}: {error}", hint="one JSON object a line") from error
            if not isinstance(value, dict):
                raise InvalidRecord(f"{where}: not a JSON object", hint="one JSON object a line")
            yield value, where


def _change(line: Mapping[str, object], where: str) -> Change:
    kind, files = _text(line, "kind"), line.get("files")
    known = kind if kind in _KINDS else "other"
    return Change(
        id=_text(line, "id"),
        time=seconds(line.get("time"), where),
        kind=known,  # type: ignore[arg-type]
        entity=_text(line, "entity"),
        summary=_text(line, "summary") if known == kind else f"{kind}: {_text(line, 'summary')}",
        author=_text(line, "author"),
        diff=_text(line, "diff"),
        before=_text(line, "before"),
        after=_text(line, "after") or _text(line, "version"),
        files=tuple(str(each) for each in files) if isinstance(files, list) else (),
    )


def _alert(line: Mapping[str, object], where: str) -> Alert:
    return Alert(
        time=seconds(line.get("time"), where),
        name=_text(line, "name"),
        entity=_text(line, "entity"),
        severity=_text(line, "severity"),
        text=_text(line, "text"),
        attributes=_rest(line, "time", "name", "entity", "severity", "text"),
    )


def _event(line: Mapping[str, object], where: str) -> Event:
    return Event(
        time=seconds(line.get("time"), where),
        kind=_text(line, "kind"),
        entity=_text(line, "entity"),
        reason=_text(line, "reason"),
        text=_text(line, "text"),
        attributes=_rest(line, "time", "kind", "entity", "reason", "text"),
    )


def _text(line: Mapping[str, object], key: str) -> str:
    value = line.get(key)
    return "" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _rest(line: Mapping[str, object], *known: str) -> dict[str, object]:
    return {key: value for key, value in line.items() if key not in known}
