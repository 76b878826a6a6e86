"""Add a constraint to one table that no row meets which is written from now on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.troubled import OfTable, design_table, touched


@fault("constraint-added", example={"service": "booking", "table": "booking.bookings", "column": "booking_id"})
@dataclass(frozen=True)
class ConstraintAdded(OfTable):
    """Add a constraint to one table that no row meets which is written from now on.

    From outside: every INSERT into and UPDATE of the table fails with SQLSTATE 23514 (check violation); reading goes
    well, also of rows that were there before: the constraint is NOT VALID for them.

    Parameters
    ----------
    service
        Whose table.
    table
        ``schema.table``.
    column
        Which one it checks.

    It ends by itself never; dropping the constraint ends it, which is how it is healed.

    Source: PostgreSQL 18, ``ALTER TABLE ... ADD CONSTRAINT ... NOT VALID``; data-constraint violations among the code
    and data causes of S. Ghosh et al., "How to fight production incidents?", SoCC 2022.
    """

    name: ClassVar[str] = "constraint-added"
    mechanisms: ClassVar[Mapping[str, str]] = {"constraint-violation": "a new constraint refuses what a service writes"}
    trouble: ClassVar[str] = "check"
    column: str

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return the columns that are never NULL of tables into which many requests write."""
        found: dict[tuple[str, str], Params] = {}
        for service, table, statement in touched(scene):
            known = design_table(scene, table)
            writes = re.search(rf"\b(?:INSERT\s+INTO|UPDATE)\s+{re.escape(table)}\b", statement.sql, re.IGNORECASE)
            if known is None or not writes:
                continue
            for column, kind in known.columns.items():
                if "NOT NULL" in kind:
                    found[table, column] = {"service": service, "table": table, "column": column}
        return [found[each] for each in sorted(found)]

    @property
    def on(self) -> str:
        """The column that it checks."""
        return f"{self.table}.{self.column}"
