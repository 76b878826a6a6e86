"""Give the role of one service another password in the database, while the service presents the old one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from telic.lab import wording
from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import popular, revert_config
from telic.lab.pushed import settings_of
from telic.lab.troubled import STORE
from telic.model import Action, Change, Harm, Scalar, Truth

KEY = "store.postgres.password_file"
NEXT = "-2"  # ends the name of the file with the new password


@fault("credential-rotated", example={"service": "hotel", "before": "secrets/hotel"})
@dataclass(frozen=True)
class CredentialRotated:
    """Give the role of one service another password in the database, while the service presents the old one.

    From outside: the service's connections are ended, and every new one is refused with ``28P01`` (password
    authentication failed); nobody changed anything at the service; the new password lies beside the old one.

    Parameters
    ----------
    service
        Whose role.
    before
        The file with the password that the service presents; the new one lies in the file called as that and ``-2``.
    seed
        Chooses author and summary of the way back.

    It ends by itself never; the new file in the service's configuration ends it, and the old password does.

    Source: rotation without the client, OWASP "Secrets Management Cheat Sheet" (2.6, rotation); S. Ghosh et al., "How
    to fight production incidents?", SoCC 2022 (authentication errors).
    """

    name: ClassVar[str] = "credential-rotated"
    layer: ClassVar[str] = "security"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "credential-rotated": "the store wants another credential than the one that a service was given"
    }
    service: str
    before: str
    seed: int = 0

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a service that many requests need and that has a password."""
        found = settings_of(scene, KEY, popular(scene, "service")) if STORE in scene.harm.state().stores else []
        candidates: list[Params] = [
            {"service": each["service"], "before": each["before"], "seed": seed} for each in found
        ]
        return choose(cls.name, candidates, fixed, dice(cls.name, seed))

    def inject(self, harm: Harm) -> Truth:
        """Change it in the database."""
        harm.store(STORE, "password", on=self.service)
        return Truth(self.name, self.service, "credential-rotated", aliases=(f"{self.service}->{STORE}",))

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Give the role its old password, and the service the old file where somebody has led it to the new one."""
        harm.store(STORE, "password", on=self.service, size=0.0)
        rng = dice(f"{self.name}/way back", self.seed)
        author, summary = wording.author(rng), wording.config_summary(self.service, rng)
        pushed, before = {KEY: f"{self.before}{NEXT}"}, {KEY: self.before}
        revert_config(harm, self.service, pushed, before, author=author, summary=summary)

    def mitigations(self, harm: Harm) -> Sequence[Action]:
        """Return the new file."""
        return [Action("set_config", self.service, {"key": KEY, "value": f"{self.before}{NEXT}"})]
