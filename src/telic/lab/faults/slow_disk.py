"""Let each commit of the database wait for its disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.troubled import STORE, Troubled, touched
from telic.model import Scalar

DELAYS = (0.07, 0.1)  # [s]; an operation that writes commits more than once


@fault("slow-disk", example={"delay": 0.09})
@dataclass(frozen=True)
class SlowDisk(Troubled):
    """Let each commit of the database wait for its disk.

    From outside: every commit of a write takes so much longer, of every service; reading is as fast as ever;
    connections of services that write are in use for longer; nothing fails but what times out.

    Parameters
    ----------
    delay
        Of each commit [s].

    It ends by itself never; a faster disk ends it, here: the setting ``commit_delay`` as it was.

    Source: PostgreSQL 18, 28.4 ("WAL Configuration": ``commit_delay`` is slept before each flush of the log, as a
    slow disk would); Z. Guo et al., "Failure recovery: when the cure is worse than the disease", HotOS 2013 (limping
    hardware).
    """

    name: ClassVar[str] = "slow-disk"
    layer: ClassVar[str] = "host"
    mechanisms: ClassVar[Mapping[str, str]] = {"slow-disk": "the store's disk is slow: each commit waits for it"}
    trouble: ClassVar[str] = "commit"
    delay: float = 0.09

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return the database, where many requests write to it."""
        return [{}] if any(not each.reads for _, _, each in touched(scene)) else []

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose how slow."""
        rng = dice(cls.name, seed)
        return {**choose(cls.name, cls.places(scene), {}, rng), "delay": round(rng.uniform(*DELAYS), 3), **fixed}

    def scaled(self, share: float) -> SlowDisk:
        """Return the same fault with a `share` [1] of its size, for one that grows."""
        return replace(self, delay=self.delay * share)

    @property
    def on(self) -> str:
        """Everything."""
        return ""

    @property
    def amount(self) -> float:
        """How much longer each commit takes [s]."""
        return self.delay

    def where(self) -> tuple[str, tuple[str, ...]]:
        """Return the database."""
        return STORE, ()
