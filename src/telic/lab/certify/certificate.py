"""A certificate: what was shown of a scenario, and the hashes of what it was shown for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from telic.errors import InvalidRecord
from telic.lab.scenario import Scenario, digest, read
from telic.lab.session.record import WorldKind
from telic.model import dump, load, write_whole

SCHEMA = "telic/certificate/v1"
FOLDER = "certificates"  # beside the scenarios
SIMULATED = "simulated"  # where every scenario of a suite is certified
NOBODY, REFERENCE = "noop", "oracle"
CHEATERS = (
    "delete-service",
    "scale-to-zero",
    "restart-loop",
    "mute-monitor",
    "stop-load",
    "restart-world",
    "answer-constant",
    "blame-loudest",
    "blame-last-change",
)


@dataclass(frozen=True)
class Harmed:
    """What the fault did to users with nobody at work."""

    bad: int  # requests from the fault to the end of the hold [1]
    asked: int
    seconds: int  # with harm [s]
    operations: tuple[str, ...] = ()  # of the intent, those with harm
    entities: tuple[str, ...] = ()  # what was wrong


@dataclass(frozen=True)
class Certificate:
    """Whether a scenario may be in a suite.

    Attributes
    ----------
    passed
        Actor to the tasks that it passed.
    why
        What speaks against it; empty where it holds.
    """

    scenario: str
    scenario_hash: str
    seed: int
    world: str
    telic: str
    hashes: Mapping[str, str]  # intent, design, wiring
    harmed: Harmed
    passed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    why: tuple[str, ...] = ()
    mechanisms: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.why


def beside(path: Path, name: str, world: str = SIMULATED) -> Path:
    """Return where the certificate of the scenario called `name` in file `path` is kept: one for each world."""
    return path.parent / FOLDER / (f"{name}.json" if world == SIMULATED else f"{name}.{world}.json")


def find(path: Path, name: str, world: str = SIMULATED) -> Certificate | None:
    """Return the certificate of a scenario, or None where there is none, or none that can be read."""
    file = beside(path, name, world)
    try:
        return load(Certificate, file.read_bytes(), schema=SCHEMA)
    except (OSError, InvalidRecord):
        return None


def current(found: Certificate | None, scenario: Scenario, hashes: Mapping[str, str]) -> bool:
    """Whether a certificate holds for what is there now: the same scenario, intent, design and wiring."""
    return found is not None and found.scenario_hash == digest(scenario) and dict(found.hashes) == dict(hashes)


def keep(path: Path, certificate: Certificate) -> Path:
    """Write a certificate beside its scenario."""
    file = beside(path, certificate.scenario, certificate.world)
    return write_whole(file, dump(certificate, schema=SCHEMA, indent=2) + b"\n")


def remove(paths: Sequence[Path]) -> None:
    """Remove scenario files and their certificates."""
    for path in paths:
        name = read(path).name
        for world in get_args(WorldKind):
            beside(path, name, world).unlink(missing_ok=True)
        path.unlink()
