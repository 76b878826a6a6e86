"""Let one service have no connection to the database any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import fault
from telic.lab.troubled import OfRole


@fault("connections-exhausted", example={"service": "hotel"})
@dataclass(frozen=True)
class ConnectionsExhausted(OfRole):
    """Let one service have no connection to the database any more.

    From outside: every new connection is refused with SQLSTATE 53300 (too many connections for the role), and those
    that there were have ended; all its statements fail at once while the database has little to do.

    Parameters
    ----------
    service
        Whose role.

    It ends by itself never; a higher limit ends it, which is how it is healed.

    Source: PostgreSQL 18, 20.3 ("Connections and Authentication") and ``ALTER ROLE ... CONNECTION LIMIT``; somebody
    else of the same role holds what there may be.
    """

    name: ClassVar[str] = "connections-exhausted"
    mechanisms: ClassVar[Mapping[str, str]] = {
        "connections-exhausted": "the database gives a service no connection any more"
    }
    trouble: ClassVar[str] = "connections"
