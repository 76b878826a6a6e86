"""Let the role of one service be gone from the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import fault
from telic.lab.troubled import OfRole


@fault("role-dropped", example={"service": "hotel"})
@dataclass(frozen=True)
class RoleDropped(OfRole):
    """Let the role of one service be gone from the database.

    From outside: its connections end, and every new one is refused with SQLSTATE 28P01, as with a wrong password; all
    its statements fail at once; the service's own configuration is as it was; other services are well.

    Parameters
    ----------
    service
        Whose role.

    It ends by itself never; the role under its old name ends it, which is how it is healed: it was renamed.

    Source: AIOpsLab's ``user_unregistered`` problems (Y. Chen et al., MLSys 2025), moved to PostgreSQL.
    """

    name: ClassVar[str] = "role-dropped"
    mechanisms: ClassVar[Mapping[str, str]] = {"role-dropped": "the database knows no such role any more"}
    trouble: ClassVar[str] = "role"
