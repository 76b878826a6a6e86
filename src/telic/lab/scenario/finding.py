"""Finds scenarios by name: of a suite, of a folder, of recordings, or one alone."""

from __future__ import annotations

from pathlib import Path

from telic.errors import UsageError
from telic.lab.scenario.reading import read
from telic.lab.scenario.scenario import Scenario
from telic.registry import near_names

SUITES = Path(__file__).parents[1] / "suites"
SUITE = "suite.toml"  # in a suite's folder says what holds for the suite, and is no scenario


def suite(name: str, root: Path = SUITES) -> list[Scenario]:
    """Return the scenarios of a suite by name: a bundled one, a folder of scenario files, or of recorded incidents."""
    from telic.lab.recorded import scenarios as recorded  # they need scenarios themselves

    tapes = recorded.folders(name)
    return [recorded.scenario(each) for each in tapes] if tapes else [read(each) for each in files(name, root)]


def files(name: str, root: Path = SUITES) -> list[Path]:
    """Return the files of a suite (a bundled name or a folder), or the one that `name` is, or is called in a suite.

    Raises
    ------
    UsageError
        There is no such suite, or nothing is in it.
    """
    given = Path(name)
    if given.suffix == ".toml":
        return [given]
    folder = given if given.is_dir() else root / name
    found = sorted(each for each in folder.glob("*.toml") if each.name != SUITE) if folder.is_dir() else []
    found = found or [each for each in sorted(root.glob("*/*.toml")) if each.stem == name][:1]
    if not found:
        known = suites(root)
        names = [*known, *(each.stem for each in root.glob("*/*.toml") if each.name != SUITE)]
        near = near_names(name, names, shown=known)
        raise UsageError(
            f"no suite or scenario {name!r}",
            hint=f"give a file, a folder, a suite, or one of `telic lab list SUITE`: {near}",
        )
    return found


def suites(root: Path = SUITES) -> list[str]:
    """Return the names of the bundled suites."""
    return sorted(each.name for each in root.glob("*") if any(each.glob("*.toml"))) if root.is_dir() else []
