"""Let the database refuse every write, as one whose disk is full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.troubled import STORE, Troubled, touched


@fault("disk-full", example={})
@dataclass(frozen=True)
class DiskFull(Troubled):
    """Let the database refuse every write, as one whose disk is full.

    From outside: every statement that writes, of every service, fails at once with SQLSTATE 25006 (read-only
    transaction); reading goes well; the database has little to do.

    Parameters: none.

    It ends by itself never; room on the disk ends it, here: letting it write again.

    Source: managed databases protect a full disk so, e.g. Azure Database for PostgreSQL, "Limits: storage" (read-only
    at 95 % of the storage); the host's own disk is not filled.
    """

    name: ClassVar[str] = "disk-full"
    layer: ClassVar[str] = "host"
    mechanisms: ClassVar[Mapping[str, str]] = {"disk-full": "the store's disk is full: it refuses every write"}
    trouble: ClassVar[str] = "read-only"

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return the database, where many requests write to it."""
        return [{}] if any(not each.reads for _, _, each in touched(scene)) else []

    @property
    def on(self) -> str:
        """Everything."""
        return ""

    def where(self) -> tuple[str, tuple[str, ...]]:
        """Return the database."""
        return STORE, ()
