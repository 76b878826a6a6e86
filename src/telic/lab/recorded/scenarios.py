"""Recorded incidents as scenarios: one folder, or a folder of such folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from telic.lab.faults import vocabulary
from telic.lab.recorded.sealed import Sealed, unseal
from telic.lab.scenario.scenario import Phases, Placed, Scenario, Task
from telic.model import Truth

HEADER = "incident.yaml"
DEEPEST = 2  # folders above an incident's own [1]
ASKED: tuple[Task, ...] = ("detect", "localise", "explain")
"""What can be asked about a recording: nobody can mend what is over."""


def folders(name: str) -> list[Path]:
    """Return the recorded incidents that `name` is, or that lie at most two folders below; none where it is none."""
    root = Path(name)
    if (root / HEADER).is_file():
        return [root]
    if not root.is_dir() or any(root.glob("*.toml")):
        return []
    levels = ["/".join(["*"] * depth + [HEADER]) for depth in range(1, DEEPEST + 1)]
    return sorted(path.parent for level in levels for path in root.glob(level))


def scenario(folder: Path, *, name: str = "", tasks: Sequence[Task] = (), difficulty: str = "") -> Scenario:
    """Return the scenario of one recorded incident.

    Parameters
    ----------
    name
        In the records; default: the folder's name.
    tasks
        What is asked; default: all that can be judged.
    difficulty
        In words.

    Raises
    ------
    InvalidRecord
        No incident, or no truth with it.
    """
    sealed = unseal(folder)
    asked = tuple(each for each in _judged(sealed) if not tasks or each in tasks)
    made = _of_episode(sealed) if sealed.episode else _of_truth(folder, sealed)
    return replace(
        made,
        name=name or folder.resolve().name.lower().replace("_", "-"),
        tasks=asked,
        difficulty=difficulty or made.difficulty,
        recording=str(folder.resolve()),
    )


def _judged(sealed: Sealed) -> tuple[Task, ...]:
    """What can be judged: an explanation only where onset and mechanism are known in the words of the brief."""
    if sealed.episode is not None:
        return tuple(each for each in ASKED if each in sealed.episode.scenario.tasks)
    words = vocabulary()
    told = sealed.negative or (sealed.timed and all(each.mechanism in words for each in sealed.truths))
    return ASKED if told else ASKED[:2]


def _of_episode(sealed: Sealed) -> Scenario:
    assert sealed.episode is not None, "asked for by who looked"
    return sealed.episode.scenario


def _of_truth(folder: Path, sealed: Sealed) -> Scenario:
    placed = () if sealed.negative else tuple(_placed(each) for each in sealed.truths)
    length = sealed.header.window.seconds
    return Scenario(
        folder.name,
        app=folder.resolve().parent.name,
        faults=placed,
        phases=Phases(warm=0.0, baseline=0.0, spread=0.0, hold=length, recovery=0.0),
        difficulty="recorded",
    )


def _placed(truth: Truth) -> Placed:
    return Placed(truth.fault, {"entity": truth.entity, "mechanism": truth.mechanism})
