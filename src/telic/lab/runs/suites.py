"""``suite.toml`` beside a suite's scenarios: its title, what is held out, what is played live."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from telic.errors import UsageError
from telic.lab.scenario import Scenario
from telic.lab.scenario.finding import SUITE, SUITES
from telic.registry import near_names

SCHEMA = "telic/suite/v1"
KEYS = ("schema", "title", "held_out", "live")


@dataclass(frozen=True)
class HeldOut:
    """What whoever writes monitors and guides has not seen: kinds of faults, and one app."""

    mechanisms: tuple[str, ...] = ()
    app: str = ""

    def holds(self, scenario: Scenario) -> bool:
        """Whether `scenario` is of what was held out."""
        return scenario.app == self.app or any(each.kind in self.mechanisms for each in scenario.faults)

    def __bool__(self) -> bool:
        return bool(self.mechanisms or self.app)


@dataclass(frozen=True)
class Suite:
    """What holds for a suite as a whole.

    Attributes
    ----------
    live
        Names of the scenarios that a campaign also plays live; none: all.
    """

    title: str
    held_out: HeldOut = field(default_factory=HeldOut)
    live: tuple[str, ...] = ()

    def played_live(self, scenarios: Iterable[Scenario]) -> list[Scenario]:
        """Return the scenarios that a campaign also plays live."""
        return [each for each in scenarios if not self.live or each.name in self.live]


def describe(name: str, root: Path = SUITES) -> Suite:
    """Return what holds for the suite called `name`: a bundled one, or a folder; without a file nothing special does.

    Raises
    ------
    UsageError
        The file is no TOML, or has other keys or values than it takes.
    """
    folder = Path(name) if Path(name).is_dir() else root / name
    path, title = folder / SUITE, Path(name).resolve().name if Path(name).exists() else name
    if not path.is_file():
        return Suite(title)
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}", hint="write TOML: toml.io") from error
    _only(found, KEYS, path)
    if found.get("schema") != SCHEMA:
        raise UsageError(f"{path}: schema is {found.get('schema')!r}", hint=f'write schema = "{SCHEMA}"')
    held = found.get("held_out", {})
    if not isinstance(held, dict):
        raise UsageError(f"{path}: held_out is no table", hint='held_out = {mechanisms = ["hang"], app = "social"}')
    _only(held, ("mechanisms", "app"), path)
    return Suite(
        title=_text(found, "title", path) or title,
        held_out=HeldOut(_texts(held, "mechanisms", path), _text(held, "app", path)),
        live=_texts(found, "live", path),
    )


def _only(found: dict[str, object], known: tuple[str, ...], path: Path) -> None:
    for key in found:
        if key not in known:
            raise UsageError(f"{path}: a suite has no {key!r}", hint=near_names(key, known))


def _text(found: dict[str, object], key: str, path: Path) -> str:
    value = found.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"{path}: {key} = {value!r}", hint="give a text")
    return value


def _texts(found: dict[str, object], key: str, path: Path) -> tuple[str, ...]:
    value = found.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise UsageError(f"{path}: {key} = {value!r}", hint="give a list of texts")
    return tuple(value)
