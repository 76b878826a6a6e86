"""Push a configuration in which a service checks users' tokens with another key than they are signed with."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.places import token_services
from telic.lab.pushed import Pushed, settings_of

KEY = "token.key_file"


@fault(
    "token-key-changed",
    example={"service": "gateway", "key": KEY, "value": "secrets/hotel", "before": "secrets/token.key"},
)
@dataclass(frozen=True)
class TokenKeyChanged(Pushed):
    """Push a configuration in which a service checks users' tokens with another key than they are signed with.

    From outside: from the push on everybody who is logged in is refused with 401, and again right after a new login
    that went well; whoever brings no token is served as ever; no service fails.

    Parameters
    ----------
    service
        Whose.
    key
        Which setting.
    value
        What it is set to.
    before
        What it was.
    seed
        Chooses author and summary.

    It ends by itself never; the old value ends it.

    Source: signing keys that are rotated at one place and not at another: Microsoft, "Azure AD authentication errors
    across multiple services", 15 March 2021, root cause analysis (a key was removed that was still in use).
    """

    name: ClassVar[str] = "token-key-changed"
    layer: ClassVar[str] = "security"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "token-key-changed": "one service trusts another key than those it knows"
    }

    @classmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return the entry, which checks tokens, where there is another secret to mistake for the key."""
        state, found = scene.harm.state(), list[Params]()
        others = sorted({str(each.config.get("store.postgres.password_file", "")) for each in state.services.values()})
        others = [each for each in others if each]
        for each in settings_of(scene, KEY, token_services(scene)[:1]):
            if others:
                found.append({**each, "value": rng.choice(others)})
        return found
