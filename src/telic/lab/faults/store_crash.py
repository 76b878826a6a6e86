"""End every process of the database once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.troubled import STORE, touched
from telic.model import Change, Harm, Scalar, Truth


@fault("store-crash", example={})
@dataclass(frozen=True)
class StoreCrash:
    """End every process of the database once.

    From outside: for a second or so every statement of every service fails with reset or refused connections, then
    all is well; nothing that was committed is lost; services connect anew.

    Parameters: none.

    It ends by itself as soon as the supervisor has started it and it has read its log.

    Source: PostgreSQL 18, 28.3 ("Write-Ahead Logging": recovery after a crash).
    """

    name: ClassVar[str] = "store-crash"
    layer: ClassVar[str] = "store"
    passing: ClassVar[bool] = True
    beyond: ClassVar[bool] = True  # nothing that an operator of services may do reaches it
    mechanisms: ClassVar[Mapping[str, str]] = {"store-crash": "the store ended once and was started again"}

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """There is one database."""
        return choose(cls.name, [{}] if list(touched(scene)) else [], fixed, dice(cls.name, seed))

    def inject(self, harm: Harm) -> Truth:
        """Send ``SIGKILL`` to all of its processes."""
        harm.signal(STORE, "KILL")
        return Truth(self.name, STORE, "store-crash")

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Nothing is left: the supervisor has started it again, and it has recovered."""
