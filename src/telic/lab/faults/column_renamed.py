"""Let one column be called otherwise, as after a migration that came too early."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.troubled import OfTable, design_table, touched


@fault("column-renamed", example={"service": "hotel", "table": "hotel.hotels", "column": "price"})
@dataclass(frozen=True)
class ColumnRenamed(OfTable):
    """Let one column be called otherwise, as after a migration that came too early.

    From outside: every statement that names the column fails at once with SQLSTATE 42703 (undefined column), other
    statements on the same table go well; the service's version has not changed.

    Parameters
    ----------
    service
        Whose table.
    table
        ``schema.table``.
    column
        Which one.

    It ends by itself never; the old name ends it, which is how it is healed.

    Source: P. Sadalage and S. Ambler, "Refactoring Databases", 2006 ("Rename Column" without its transition period).
    """

    name: ClassVar[str] = "column-renamed"
    mechanisms: ClassVar[Mapping[str, str]] = {"bad-migration": "the database's schema is not what a service asks for"}
    trouble: ClassVar[str] = "column"
    column: str

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return the columns that statements of many requests name, keys left out."""
        found: dict[tuple[str, str, str], Params] = {}
        for service, table, statement in touched(scene):
            known = design_table(scene, table)
            if known is None:
                continue
            for column in known.columns:
                if column not in known.key and re.search(rf"\b{column}\b", statement.sql):
                    found[service, table, column] = {"service": service, "table": table, "column": column}
        return [found[each] for each in sorted(found)]

    @property
    def on(self) -> str:
        """The column."""
        return f"{self.table}.{self.column}"
