"""A database that refuses what the design grants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import popular
from telic.lab.sources import statements
from telic.model import Change, Harm, Scalar, Truth


@fault("permission-revoked", example={"service": "hotel", "table": "hotel.hotels", "privileges": "SELECT, UPDATE"})
@dataclass(frozen=True)
class PermissionRevoked:
    """Take a service's privileges on one of its tables away in the database.

    From outside: every statement on the table fails with SQLSTATE 42501 (``insufficient_privilege``), at once and
    without load; the service answers 503 or 500 for the operations that run them, and is ready and well otherwise.

    Parameters
    ----------
    service
        Whose role.
    table
        ``schema.table``.
    privileges
        As the design grants them: ``SELECT, INSERT``.

    It ends by itself never; granting them again ends it.

    Source: AIOpsLab's ``revoke_auth`` problems (Y. Chen et al., MLSys 2025), moved to PostgreSQL.
    """

    name: ClassVar[str] = "permission-revoked"
    layer: ClassVar[str] = "store"
    service: str
    table: str
    privileges: str = "ALL"

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a table that a popular operation's statement uses."""
        used = set(popular(scene, "statement"))
        candidates: list[Params] = []
        for grant in scene.design.grants:
            names = {each.name: each for each in statements(scene.harm.release_files(grant.service))}
            if any(names[each].touches(grant.table) for each in used if each in names):
                privileges = ", ".join(grant.privileges)
                candidates.append({"service": grant.service, "table": grant.table, "privileges": privileges})
        return choose(cls.name, candidates, fixed, dice(cls.name, seed))

    def inject(self, harm: Harm) -> Truth:
        """``REVOKE``."""
        harm.revoke(self.service, self.table, self.privileges)
        return Truth(self.name, self.service, "permission-revoked", aliases=(f"{self.service}->postgres", self.table))

    def heal(self, harm: Harm, change: Change | None) -> None:
        """``GRANT``; a privilege that is there stays."""
        harm.grant(self.service, self.table, self.privileges)
