"""Stop every process of the database without ending it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.troubled import STORE, touched
from telic.model import Change, Harm, Scalar, Truth


@fault("store-hang", example={})
@dataclass(frozen=True)
class StoreHang:
    """Stop every process of the database without ending it.

    From outside: every statement of every service waits until its caller gives up; connections are there, new ones
    are accepted by the kernel and not served; all services are alive, and all that need data fail.

    Parameters: none.

    It ends by itself never; a restart ends it. Healed by ``SIGCONT``.

    Source: H. S. Gunawi et al., "Why does the cloud stop computing?", SoCC 2016 (hangs).
    """

    name: ClassVar[str] = "store-hang"
    layer: ClassVar[str] = "store"
    beyond: ClassVar[bool] = True  # nothing that an operator of services may do reaches it
    mechanisms: ClassVar[Mapping[str, str]] = {"store-hang": "the store accepts connections and answers nothing"}

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """There is one database."""
        return choose(cls.name, [{}] if list(touched(scene)) else [], fixed, dice(cls.name, seed))

    def inject(self, harm: Harm) -> Truth:
        """Send ``SIGSTOP`` to all of its processes."""
        harm.signal(STORE, "STOP")
        return Truth(self.name, STORE, "store-hang")

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Send ``SIGCONT``; a process that runs takes no notice."""
        harm.signal(STORE, "CONT")
