"""Let an index not be used any more, on a table that has grown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.traffic import Place, traffic
from telic.lab.troubled import OfTable, design_table, touched
from telic.model import Scalar

A_ROW = 1.2e-7  # for a row that PostgreSQL looks at for nothing [s]: some ten million narrow rows a second
NEEDED = 2.5  # CPUs that scans have to ask for, so that statements queue without end [1]
MOST = 450_000  # rows more than there are [1]


@fault(
    "missing-index",
    example={"service": "hotel", "table": "hotel.hotels", "index": "hotels_by_loc_cell", "rows": 300_000},
)
@dataclass(frozen=True)
class MissingIndex(OfTable):
    """Let an index not be used any more, on a table that has grown.

    From outside: the statements that relied on the index take some 50 ms instead of less than one, all of it CPU of
    the database; connections of the service's pool run out with load; other statements go well; no version changed.

    Parameters
    ----------
    service
        Whose table.
    table
        ``schema.table``.
    index
        Which one: it is marked invalid, as one whose build failed.
    rows
        By how many the table has grown [1]; nobody asks for them.

    It ends by itself never; building the index again ends it. Healed by marking it valid and deleting the rows.

    Source: PostgreSQL 18, ``CREATE INDEX CONCURRENTLY`` ("Building Indexes Concurrently": a failed build leaves an
    invalid index); missing indexes in S. Ghosh et al., "How to fight production incidents?", SoCC 2022.
    """

    name: ClassVar[str] = "missing-index"
    mechanisms: ClassVar[Mapping[str, str]] = {"missing-index": "an index is not used any more and a table has grown"}
    trouble: ClassVar[str] = "index"
    index: str
    rows: int = 300_000

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return the indexes, unique ones left out, by which so much is read that a scan for each is too much."""
        flow = traffic(scene.design)
        found: dict[str, Params] = {}
        for service, table, statement in touched(scene):
            known = design_table(scene, table)
            asked = flow.rate * flow.calls.get(Place("statement", statement.name), 0.0)
            rows = NEEDED / (asked * A_ROW) if asked else MOST + 1.0
            if known is None or not statement.reads or rows > MOST:
                continue
            for each in known.indexes:
                index, _, columns = each.partition(" ")
                first = columns.strip("( ").split(",")[0].split(" ")[0].rstrip(")")
                if not each.endswith("unique") and re.search(rf"\bWHERE\b.*\b{first}\b", statement.sql, re.DOTALL):
                    found[index] = {"service": service, "table": table, "index": index, "rows": int(rows)}
        return [found[each] for each in sorted(found)]

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose an index, and how far the table has grown."""
        rng = dice(cls.name, seed)
        places = {key: value for key, value in fixed.items() if key != "rows"}
        chosen = choose(cls.name, cls.places(scene), places, rng)
        return {**chosen, "rows": 1000 * round(int(chosen["rows"]) * rng.uniform(1.0, 1.5) / 1000), **fixed}

    @property
    def on(self) -> str:
        """The index."""
        return f"{self.table}.{self.index}"

    @property
    def amount(self) -> float:
        """How many rows there are more [1]."""
        return float(self.rows)
