"""SQL statements as constants with a name and a cost, so that a simulated world can run the same handlers."""

from __future__ import annotations

import re
from dataclasses import dataclass

_READS = re.compile(r"\s*SELECT\b", re.IGNORECASE)
_LOCKS = re.compile(
    r"\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE|KEY\s+SHARE)\b|\bpg_advisory|\bset_config\b|\bnextval\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Cost:
    """A model of what a statement costs the database."""

    base: float = 0.0003  # round trip, parse, plan [s]
    per_row: float = 0.000002  # for each row looked at [s]
    rows: float = 1.0  # looked at with the index in place [1]
    scan: float = 0.0  # looked at without it [1]; 0: the same
    index: str = ""  # the index it relies on
    writes: bool = False

    def seconds(self, *, indexed: bool = True) -> float:
        """Return the time the database needs [s], with or without the index.

        Examples
        --------
        >>> round(Cost(base=0.001, per_row=0.00001, rows=10, scan=2000).seconds(indexed=False), 3)
        0.021
        """
        return self.base + self.per_row * (self.rows if indexed or not self.scan else self.scan)


@dataclass(frozen=True)
class Statement:
    """One statement with ``$1`` placeholders; its name is what traces and grants speak of."""

    name: str
    sql: str
    cost: Cost = Cost()
    table: str = ""  # schema.table it mainly uses
    fresh: bool = False  # has to see what was written just before: never asked of a replica

    @property
    def reads(self) -> bool:
        """Whether it reads only, and locks nothing: what a replica can answer.

        Examples
        --------
        >>> Statement("a.b", "SELECT 1").reads, Statement("a.b", "SELECT id FROM a.b FOR UPDATE").reads
        (True, False)
        """
        return bool(_READS.match(self.sql)) and not _LOCKS.search(self.sql)
