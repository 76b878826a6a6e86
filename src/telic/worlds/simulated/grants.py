"""Who may do what with which table of the simulated database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from telic.errors import StoreFailed
from telic.model import Grant
from telic.worlds.local.database import PRIVILEGES, parse_privileges


class Grants:
    """Privileges of roles on tables; at first what the design grants.

    Attributes
    ----------
    version
        Grows with every change.
    """

    def __init__(self, design: Sequence[Grant], tables: Iterable[str]) -> None:
        self._design = tuple(design)
        self._tables = frozenset(tables) | {each.table for each in design}
        self._held: dict[tuple[str, str], set[str]] = {}
        for each in design:
            self._held.setdefault((each.service, each.table), set()).update(each.privileges)
        self.version = 0

    def grant(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Give `privileges`, such as ``SELECT, INSERT``; ``ALL`` gives what the design grants."""
        wanted = parse_privileges(privileges)
        if wanted == PRIVILEGES:
            wanted = self.designed(service, table) or wanted
        self._of(service, table).update(wanted)
        self.version += 1

    def revoke(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Take `privileges` away."""
        self._of(service, table).difference_update(parse_privileges(privileges))
        self.version += 1

    def held(self, service: str, table: str) -> tuple[str, ...]:
        """Return the privileges that the role of `service` has on `table` now."""
        have = self._of(service, table)
        return tuple(each for each in PRIVILEGES if each in have)

    def designed(self, service: str, table: str) -> tuple[str, ...]:
        """Return what the design grants."""
        found = [each.privileges for each in self._design if (each.service, each.table) == (service, table)]
        return tuple(privilege for privileges in found for privilege in privileges)

    def missing(self, grants: Sequence[Grant] | None = None) -> tuple[str, ...]:
        """Return what `grants`, or the design, give and the database does not hold, as the live world's words."""
        return tuple(
            f"{each.service}: {privilege} ON {each.table}"
            for each in (self._design if grants is None else grants)
            for privilege in each.privileges
            if privilege not in self._held.get((each.service, each.table), ())
        )

    def lacks(self, service: str, needs: Iterable[tuple[str, str]]) -> str:
        """Return the first table of `needs` (table and privilege) that `service` may not use so, or ``""``."""
        for table, privilege in needs:
            if table in self._tables and privilege not in self._held.get((service, table), ()):
                return table
        return ""

    def _of(self, service: str, table: str) -> set[str]:
        if table not in self._tables:
            raise StoreFailed(f"there is no table {table}", hint=f"tables: {', '.join(sorted(self._tables))}")
        return self._held.setdefault((service, table), set())
