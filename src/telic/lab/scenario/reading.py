"""Reads scenarios from TOML files; every complaint names file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args

from telic.errors import UsageError
from telic.lab.fault import fault
from telic.lab.scenario.scenario import EVERY, SCHEMA, TASKS, Load, Noise, NoiseKind, Phases, Placed, Scenario, Shape
from telic.lab.scenario.writing import WORDS, default_of
from telic.registry import near_names
from telic.worlds.brought import folder_of

KEYS = (
    "schema",
    "name",
    "app",
    "settings",
    "tasks",
    "difficulty",
    "workload",
    "faults",
    "noise",
    "phases",
    "recording",
)
OF_RECORDINGS = ("schema", "name", "tasks", "difficulty", "recording")  # everything else was recorded
CHOICES = {"Shape": get_args(Shape), "NoiseKind": get_args(NoiseKind)}
LONGEST = 3600.0  # of any phase [s]

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")


@dataclass(frozen=True)
class Source:
    """A file and its lines, to say where something is wrong."""

    path: Path
    text: str

    def wrong(self, message: str, hint: str, key: str = "", table: str = "", number: int = 0) -> UsageError:
        """Return an error at the line that sets `key`, in the `number`-th table of a name; else at the table's head."""
        lines = list(enumerate(self.text.splitlines(), 1))
        heads = [at for at, line in lines if table and re.match(rf"\s*\[+\s*{re.escape(table)}\s*\]+", line)]
        start = heads[min(number, len(heads) - 1)] if heads else 1
        found = next((at for at, line in lines if at >= start and key and _sets(line, key)), start)
        return UsageError(f"{self.path}:{found}: {message}", hint=hint)


def read(path: Path) -> Scenario:
    """Read one scenario.

    Raises
    ------
    UsageError
        The file is missing or not TOML, or a key or value does not fit; the message has file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", hint="name a scenario file, or see `telic lab list`") from error
    return parse(text, path)


def parse(text: str, path: Path = Path("scenario.toml")) -> Scenario:
    """Read a scenario from the text of a file called `path`."""
    source = Source(path, text)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise UsageError(f"{path}:{line[1] if line else 1}: {error}", hint="write TOML: toml.io") from error
    _only(document, KEYS, source, "a scenario")
    if document.get("schema") != SCHEMA:
        raise source.wrong(f"schema is {document.get('schema')!r}", f'write schema = "{SCHEMA}"', "schema")
    if "recording" in document:
        return _recorded(document, source)
    scenario = Scenario(
        name=_text(document, "name", source, path.stem),
        app=_text(document, "app", source, "hotel"),
        settings=_settings(document, source),
        tasks=_tasks(document, source),
        difficulty=_text(document, "difficulty", source, ""),
        workload=_record(Load, document.get("workload", {}), "workload", source),
        faults=tuple(_record(Placed, each, "faults", source, at) for at, each in _tables(document, "faults", source)),
        noise=tuple(_record(Noise, each, "noise", source, at) for at, each in _tables(document, "noise", source)),
        phases=_record(Phases, document.get("phases", {}), "phases", source),
    )
    _check(scenario, source)
    return replace(scenario, app=_brought(scenario.app, path))


def _brought(app: str, path: Path) -> str:
    """Return the path of the system that `app` brings, from the scenario's own folder or from here; else `app`."""
    found = folder_of(str(path.parent / app)) or folder_of(app)
    return str(found) if found else app


def _recorded(document: Mapping[str, object], source: Source) -> Scenario:
    """Return the scenario of a recorded incident: its folder says what the file does not."""
    from telic.lab.recorded import scenarios as recorded

    _only(document, OF_RECORDINGS, source, "the scenario of a recording")
    folder = source.path.parent / _text(document, "recording", source, "")
    if not (folder / recorded.HEADER).is_file():
        raise source.wrong(f"{folder} is no recorded incident", "a folder with an incident.yaml", "recording")
    name = _text(document, "name", source, source.path.stem)
    if not _NAME.fullmatch(name):
        raise source.wrong(f"name {name!r}", "small letters, digits, dots and dashes, 80 at most", "name")
    tasks = _tasks(document, source) if "tasks" in document else ()
    if "mitigate" in tasks:
        raise source.wrong("tasks ask to mitigate a recording", "detect, localise, explain", "tasks")
    return recorded.scenario(folder, name=name, tasks=tasks, difficulty=_text(document, "difficulty", source, ""))


def _record(kind: type[Any], table: object, where: str, source: Source, number: int = 0) -> Any:
    if not isinstance(table, dict):
        raise source.wrong(f"{where} is no table", f"write [{where}]", where)
    known = {WORDS.get(each.name, each.name): each for each in fields(kind)}
    _only(table, tuple(known), source, where, where, number)
    values: dict[str, object] = {}
    for name, each in known.items():
        if name in table:
            values[each.name] = _value(table[name], str(each.type), source, name, where, number)
        elif default_of(each) is MISSING:
            raise source.wrong(f"{where}: {name} is missing", f"it takes {', '.join(known)}", "", where, number)
    return kind(**values)


def _value(value: object, kind: str, source: Source, key: str, table: str, number: int) -> object:
    reader, said = _READERS.get(kind), f"{table}.{key} = {value!r}"
    if reader is not None and reader(value):
        return float(value) if kind == "float" else value  # type: ignore[arg-type]
    if kind in CHOICES and value in CHOICES[kind]:
        return value
    if kind in CHOICES:
        raise source.wrong(said, near_names(str(value), CHOICES[kind]), key, table, number)
    raise source.wrong(f"{said} does not fit", f"give {_KINDS.get(kind, kind)}", key, table, number)


def _check(scenario: Scenario, source: Source) -> None:
    if not _NAME.fullmatch(scenario.name):
        raise source.wrong(f"name {scenario.name!r}", "small letters, digits, dots and dashes, 80 at most", "name")
    for number, each in enumerate(scenario.faults):
        if each.kind not in fault:
            raise source.wrong(f"no fault {each.kind!r}", near_names(each.kind, fault), "kind", "faults", number)
        known = {key.name for key in fields(fault.factory(each.kind))}  # type: ignore[arg-type]
        for name in each.params:
            if name not in known:
                raise source.wrong(
                    f"{each.kind} has no parameter {name!r}", near_names(name, known), "params", "faults", number
                )
        if each.shape == "periodic" and each.every <= 0:
            raise source.wrong("a periodic fault without `every`", "give every = SECONDS", "shape", "faults", number)
        if each.shape == "ramp" and each.over <= 0:
            raise source.wrong("a ramp without `over`", "give over = SECONDS", "shape", "faults", number)
    if "predict" in scenario.tasks and not any(each.shape == "ramp" for each in scenario.faults):
        raise source.wrong("predict asks to foresee a fault that comes at once", 'a fault with shape = "ramp"', "tasks")
    if scenario.workload.rate <= 0:
        raise source.wrong(f"rate {scenario.workload.rate:g}", "above 0 requests a second", "rate", "workload")
    for phase in fields(scenario.phases):
        seconds = getattr(scenario.phases, phase.name)
        if not 0 <= seconds <= LONGEST:
            raise source.wrong(f"phases.{phase.name} = {seconds:g}", f"from 0 to {LONGEST:g} s", phase.name, "phases")


def _tasks(document: Mapping[str, object], source: Source) -> Any:
    found = document.get("tasks", list(TASKS))
    if not isinstance(found, list) or not found:
        raise source.wrong(f"tasks = {found!r}", f"a list of {', '.join(EVERY)}", "tasks")
    for each in found:
        if each not in EVERY:
            raise source.wrong(f"no task {each!r}", near_names(str(each), EVERY), "tasks")
    return tuple(found)


def _settings(document: Mapping[str, object], source: Source) -> dict[str, dict[str, Any]]:
    found = document.get("settings", {})
    if not isinstance(found, dict):
        raise source.wrong("settings is no table", "write [settings.SERVICE]", "settings")
    for service, each in found.items():
        if not _params(each):
            raise source.wrong(f"settings.{service} = {each!r}", "a table of texts and numbers", service, "settings")
    return {service: dict(each) for service, each in found.items()}


def _tables(document: Mapping[str, object], key: str, source: Source) -> list[tuple[int, object]]:
    found = document.get(key, [])
    if not isinstance(found, list):
        raise source.wrong(f"{key} is no list of tables", f"write [[{key}]]", key)
    return list(enumerate(found))


def _text(document: Mapping[str, object], key: str, source: Source, default: str) -> str:
    found = document.get(key, default)
    if not isinstance(found, str):
        raise source.wrong(f"{key} = {found!r}", "give a text", key)
    return found


def _only(
    given: Mapping[str, object], known: tuple[str, ...], source: Source, what: str, table: str = "", number: int = 0
) -> None:
    for name in given:
        if name not in known:
            raise source.wrong(f"{what} has no {name!r}", near_names(name, known), name, table, number)


def _sets(line: str, key: str) -> bool:
    return (
        re.match(
            rf"\s*(\[+\s*{re.escape(key)}\s*\]+|\"?{re.escape(key)}\"?\s*=)|.*[{{,]\s*\"?{re.escape(key)}\"?\s*=", line
        )
        is not None
    )


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) < 1e12


def _params(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str | int | float | bool) for each in value.values())


_READERS: Mapping[str, Callable[[object], bool]] = {
    "str": lambda value: isinstance(value, str),
    "float": _number,
    "Mapping[str, Scalar]": _params,
}
_KINDS = {"str": "a text", "float": "a number", "Mapping[str, Scalar]": "a table of texts and numbers"}
