"""Desired state: what a system should run, kept on disk so that the next start recovers it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from telic.errors import InvalidRecord
from telic.model import Scalar
from telic.runtime.wiring import EdgePolicy, NodePolicy
from telic.worlds.local.layout import write_atomically

SCHEMA = "telic/desired/v1"


@dataclass
class DesiredService:
    """One service: the version and configuration that should run, and what may be returned to."""

    name: str
    port: int  # where its instance listens now
    version: str = "1"
    versions: list[str] = field(default_factory=lambda: ["1"])  # every version with a release folder, oldest first
    source: str = ""  # hash of the design's code that the newest version was copied from
    ordinal: int = 1  # number of the running instance
    revision: int = 1
    settings: dict[str, Scalar] = field(default_factory=dict)
    node: NodePolicy = field(default_factory=NodePolicy)
    edges: dict[str, EdgePolicy] = field(default_factory=dict)

    @property
    def instance(self) -> str:
        """The running instance's name."""
        return f"{self.name}-{self.ordinal}"

    @property
    def previous_version(self) -> str:
        """What a rollback returns to: the version deployed before the one that runs; "" for the first."""
        at = self.versions.index(self.version)
        return self.versions[at - 1] if at else ""

    @property
    def next_version(self) -> str:
        """The number that the next deploy gets."""
        return str(max(int(each) for each in self.versions) + 1)


@dataclass
class Desired:
    """A whole system."""

    system: str
    design: str  # hash
    design_folder: str
    links: dict[str, dict[str, int]] = field(default_factory=dict)  # edge to {"a": port, "b": port}
    stores: dict[str, int] = field(default_factory=dict)  # store to the port where it listens
    services: dict[str, DesiredService] = field(default_factory=dict)
    changes: int = 0  # number of the last change

    def save(self, path: Path) -> None:
        """Write it, surviving a crash at any moment."""
        document = {"schema": SCHEMA, "record": self}
        write_atomically(path, msgspec.json.format(msgspec.json.encode(document), indent=1))


def load_desired(path: Path) -> Desired | None:
    """Read desired state; None when the system has never run.

    Raises
    ------
    InvalidRecord
        The file is damaged or of another version of Telic.
    """
    try:
        document = msgspec.json.decode(path.read_bytes())
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise InvalidRecord(f"{path} is not a {SCHEMA} document", hint=_HINT)
        desired = msgspec.convert(document["record"], type=Desired)
        for each in desired.services.values():
            if each.version not in each.versions:
                raise InvalidRecord(
                    f"{path}: {each.name} runs version {each.version}, which has no history", hint=_HINT
                )
            each.node = replace(each.node)  # fields that were left out get their defaults
            each.edges = {name: replace(policy) for name, policy in each.edges.items()}
        return desired
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError, UnicodeDecodeError) as error:
        raise InvalidRecord(f"{path} is damaged: {error}", hint=_HINT) from error


_HINT = "put the file back from a copy, or discard this system's state with `telic up --fresh`"
