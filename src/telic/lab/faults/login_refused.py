"""Take from one service the right to log in to the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import fault
from telic.lab.troubled import OfRole


@fault("login-refused", example={"service": "hotel"})
@dataclass(frozen=True)
class LoginRefused(OfRole):
    """Take from one service the right to log in to the database.

    From outside: its connections end, and every new one is refused with SQLSTATE 28000 (the role is not permitted to
    log in); all its statements fail at once; other services use the same database and are well.

    Parameters
    ----------
    service
        Whose role.

    It ends by itself never; ``ALTER ROLE ... LOGIN`` ends it, which is how it is healed.

    Source: AIOpsLab's ``revoke_auth`` problems (Y. Chen et al., MLSys 2025); accounts that a clean-up locks.
    """

    name: ClassVar[str] = "login-refused"
    mechanisms: ClassVar[Mapping[str, str]] = {"login-refused": "the database lets a service log in no more"}
    trouble: ClassVar[str] = "login"
