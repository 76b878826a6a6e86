"""``incident.yaml``: name, window, baseline, symptom, notes; errors carry the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from telic.errors import InvalidRecord
from telic.model import Window
from telic.model.signals import Reported
from telic.worlds.recorded.times import seconds

FORMAT = "telic/incident/v1"
_KEYS = ("format", "name", "window", "baseline", "symptom", "notes")
_LARGEST = 1 << 20  # [bytes]


@dataclass(frozen=True)
class Header:
    """What an incident says about itself."""

    name: str
    window: Window
    baseline: Window | None = None
    symptom: Reported = field(default_factory=Reported)
    notes: str = ""

    def until(self, at: float) -> Header:
        """Return what it said at `at` [s since the Unix epoch]: the window ends then, what began later is not there.

        Where the symptom is stays, as the question that is asked; a time at which it was noticed later goes.
        """
        before, noticed = self.baseline, self.symptom
        if before is not None:
            before = Window(before.start, min(before.end, at)) if before.start < at else None
        if noticed.onset is not None and noticed.onset > at:
            noticed = replace(noticed, onset=None)
        return replace(self, window=Window(self.window.start, at), baseline=before, symptom=noticed)


def read_header(file: Path) -> Header:
    """Read ``incident.yaml``.

    Raises
    ------
    InvalidRecord
        Not there, not YAML, another format, or a field that does not fit (the message has file and line).
    """
    document = _document(file)
    found = document.get("format")
    if found != FORMAT:
        raise InvalidRecord(
            f"{_at(file, document, 'format')}: format {found!r} where {FORMAT!r} was expected",
            hint=f"the first line of a recorded incident is `format: {FORMAT}`",
        )
    for key in document:
        if key not in _KEYS:
            raise InvalidRecord(f"{_at(file, document, key)}: unknown key {key!r}", hint=f"known: {', '.join(_KEYS)}")
    window = _window(file, document, "window")
    if window is None:
        raise InvalidRecord(f"{file}: no `window`", hint="say from when to when: window: {start: ..., end: ...}")
    return Header(
        name=str(document.get("name") or file.parent.name),
        window=window,
        baseline=_window(file, document, "baseline"),
        symptom=_symptom(file, document),
        notes=str(document.get("notes") or ""),
    )


def _document(file: Path) -> CommentedMap:
    try:
        if file.stat().st_size > _LARGEST:
            raise InvalidRecord(f"{file}: larger than {_LARGEST} bytes", hint="telemetry belongs into its own files")
        loaded = YAML().load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        made = f"`telic record OUT --source files={file.parent} --at TIME` makes one of plain files"
        raise InvalidRecord(
            f"{file.parent}: no incident.yaml in it", hint=f"a recorded incident has one; {made}"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRecord(f"{file}: {error}", hint="incident.yaml is UTF-8 text") from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InvalidRecord(f"{file}:{line}: {error.problem}", hint="this is not YAML") from error
    except YAMLError as error:
        raise InvalidRecord(f"{file}: {error}", hint="this is not YAML") from error
    if not isinstance(loaded, CommentedMap):
        raise InvalidRecord(f"{file}:1: not a mapping", hint=f"start with `format: {FORMAT}`")
    return loaded


def _window(file: Path, document: CommentedMap, key: str) -> Window | None:
    value = document.get(key)
    if value is None:
        return None
    where = _at(file, document, key)
    if not isinstance(value, Mapping) or set(value) != {"start", "end"}:
        raise InvalidRecord(f"{where}: {key} needs start and end, and nothing else", hint=f"{key}: {{start, end}}")
    start, end = seconds(value["start"], where), seconds(value["end"], where)
    if end <= start:
        raise InvalidRecord(f"{where}: {key} ends before it starts", hint="start comes first; the end is excluded")
    return Window(start, end)


def _symptom(file: Path, document: CommentedMap) -> Reported:
    value = document.get("symptom")
    if value is None:
        return Reported()
    where = _at(file, document, "symptom")
    if not isinstance(value, Mapping):
        raise InvalidRecord(f"{where}: symptom is not a mapping", hint="symptom: {entity, signal, onset}")
    onset = value.get("onset")
    return Reported(
        entity=str(value.get("entity") or ""),
        signal=str(value.get("signal") or ""),
        onset=None if onset is None else seconds(onset, where),
    )


def _at(file: Path, document: CommentedMap, key: object) -> str:
    line = document.lc.key(key)[0] + 1 if key in document else 1
    return f"{file}:{line}"
