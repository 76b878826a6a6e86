"""Let one table be called otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, fault
from telic.lab.troubled import OfTable, touched


@fault("table-missing", example={"service": "hotel", "table": "hotel.hotels"})
@dataclass(frozen=True)
class TableMissing(OfTable):
    """Let one table be called otherwise.

    From outside: every statement on the table fails at once with SQLSTATE 42P01 (undefined table); the service is
    ready and well otherwise; nothing in the change log says why.

    Parameters
    ----------
    service
        Whose table.
    table
        ``schema.table``.

    It ends by itself never; the old name ends it, which is how it is healed.

    Source: "accidental drop of a table", e.g. GitLab's postmortem of the database outage of 31 January 2017.
    """

    name: ClassVar[str] = "table-missing"
    mechanisms: ClassVar[Mapping[str, str]] = {"table-missing": "a table that a service asks for is not there any more"}
    trouble: ClassVar[str] = "table"

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return the tables that many requests touch."""
        return [
            {"service": service, "table": table} for service, table in sorted({each[:2] for each in touched(scene)})
        ]
