"""Let one client try to log in again and again, as fast as it can."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.loaded import Loaded, asked_of


@fault("abusive-client", example={"service": "user", "entry": "gateway", "mix": "F7.login=1", "rate": 400.0})
@dataclass(frozen=True)
class AbusiveClient(Loaded):
    """Let one client try to log in again and again, as fast as it can.

    From outside: logins are asked for many times as often as ever; the threads that check passwords are all in
    use, whoever else needs them is refused or waits; all other operations are well.

    Parameters
    ----------
    service
        Where it is felt first.
    entry
        The service that users reach.
    mix
        What is sent: operations and weights.
    rate
        How much, besides the usual [requests/s].
    shape
        How that changes, as loads know it.
    seed
        Of times, operations and keys.

    It ends by itself never; fewer requests end it: a limit at the door, or whoever sends them.

    Source: credential stuffing, OWASP Automated Threat OAT-008; a client that floods one endpoint, B. Beyer et
    al., "Site Reliability Engineering", 2016, chapter 21.
    """

    name: ClassVar[str] = "abusive-client"
    layer: ClassVar[str] = "security"
    mechanisms: ClassVar[Mapping[str, str]] = {"abusive-client": "one client floods the system with costly requests"}

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return what is sent, and how much."""
        found = asked_of(scene, ".login") or asked_of(scene, ".create")
        return [{**each, "rate": float(rng.randrange(350, 450, 10)), "shape": "constant"} for each in found]
