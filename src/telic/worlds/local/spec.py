"""What a supervisor is told when it is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from telic.worlds.local.layout import Layout

Isolation = Literal["namespace", "processes", "simulated"]
SIMULATED: Final[Literal["simulated"]] = "simulated"

SUPERVISOR: Final = "telic.worlds.local.supervisor"
KEEP = b"keep\n"  # what a launcher says to a world that is to stay when its launcher has gone


@dataclass(frozen=True)
class Spec:
    """One start of one system; goes to the supervisor as JSON on its command line."""

    system: str
    design_folder: str
    state: str
    run: str
    isolation: Isolation
    url: str
    otlp: str
    gateway_fd: int  # listening sockets made outside the namespace
    otlp_fd: int
    lock_fd: int
    talk_fd: int  # progress to the launcher; its end ends the world, unless it has said `KEEP`
    telemetry_bytes: int
    telemetry: bool = True  # whether services record it
    forward: str = ""
    databases: str = ""  # folder of databases that were made before; empty: each is made anew
    supervisor: str = SUPERVISOR  # the module whose `run` is the world's supervisor

    @property
    def layout(self) -> Layout:
        """The system's paths."""
        return Layout(Path(self.state), Path(self.run))

    def dump(self) -> str:
        """Return it as one argument of a command line."""
        return msgspec.json.encode(self).decode()


def read_spec(text: str) -> Spec:
    """Read the argument that `Spec.dump` made."""
    return msgspec.json.decode(text, type=Spec)
