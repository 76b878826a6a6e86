"""Let a transaction of somebody else hold one table and not end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.troubled import OfTable, touched


@fault("table-locked", example={"service": "hotel", "table": "hotel.hotels"})
@dataclass(frozen=True)
class TableLocked(OfTable):
    """Let a transaction of somebody else hold one table and not end.

    From outside: every statement on the table waits until its caller gives up; the service's connections are all in
    use, so that its other statements wait too; the database is idle and refuses nothing.

    Parameters
    ----------
    service
        Whose table.
    table
        ``schema.table``.

    It ends by itself never; ending that transaction ends it, which is how it is healed. It outlives whoever began it.

    Source: PostgreSQL 18, 13.3 ("Explicit Locking"); migrations and exports that take ``ACCESS EXCLUSIVE`` and wait.
    """

    name: ClassVar[str] = "table-locked"
    mechanisms: ClassVar[Mapping[str, str]] = {"table-locked": "somebody's transaction holds a table and does not end"}
    trouble: ClassVar[str] = "lock"

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return the tables that many requests touch."""
        return [
            {"service": service, "table": table} for service, table in sorted({each[:2] for each in touched(scene)})
        ]
