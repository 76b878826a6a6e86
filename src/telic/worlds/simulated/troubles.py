"""What is wrong with the simulated PostgreSQL: what it refuses, holds back or does slowly."""

from __future__ import annotations

import re
from collections.abc import Sequence

import asyncpg

from telic.worlds.local.store_trouble import NEXT, Trouble
from telic.worlds.simulated.statements import Charge

PER_FILLER = 0.00000012  # for each row that nobody asks for and that is looked at all the same [s]
_CHANGES = re.compile(r"^\s*(?:WITH\b.*?\b)?(?:INSERT\s+INTO|UPDATE|DELETE)\b", re.IGNORECASE | re.DOTALL)


class Troubles:
    """All troubles of one server; empty when it is well."""

    def __init__(self) -> None:
        self._present: dict[tuple[str, str], Trouble] = {}
        self.rotated: dict[str, float] = {}  # roles that were given another password, and when [s since the Unix epoch]

    def __bool__(self) -> bool:
        return bool(self._present)

    def set(self, trouble: Trouble, now: float = 0.0) -> None:
        """Bring a trouble about, or take it back where its size is 0."""
        self._present.pop((trouble.name, trouble.on), None)
        if trouble.size:
            self._present[trouble.name, trouble.on] = trouble
        if trouble.size and trouble.name == "password":
            self.rotated.setdefault(trouble.on, now)

    def repairs(self) -> list[str]:
        """Return what would be taken back by whoever compares the database with its design: all but passwords."""
        return [f"take back {name} {on}".rstrip() for name, on in self._present if name != "password"]

    def repair(self, said: Sequence[str]) -> None:
        """Take back what `repairs` said."""
        for name, on in tuple(self._present):
            if f"take back {name} {on}".rstrip() in said:
                del self._present[name, on]

    def barred(self, role: str) -> asyncpg.PostgresError | None:
        """Return why the role gets no connection, or None."""
        if ("role", role) in self._present:
            return asyncpg.InvalidPasswordError(f'password authentication failed for user "{role}"')
        if ("login", role) in self._present:
            return asyncpg.InvalidAuthorizationSpecificationError(f'role "{role}" is not permitted to log in')
        if ("connections", role) in self._present:
            return asyncpg.TooManyConnectionsError(f'too many connections for role "{role}"')
        return None

    def secret(self, role: str) -> str:
        """Return the name of the file with the password that the role has now."""
        return f"{role}{NEXT}" if ("password", role) in self._present else role

    def refused(self, charge: Charge) -> asyncpg.PostgresError | None:
        """Return why a statement fails, or None."""
        needs, sql = dict.fromkeys(table for table, _ in charge.needs), charge.statement.sql
        writes = any(privilege != "SELECT" for _, privilege in charge.needs)
        changes = bool(_CHANGES.search(sql))
        for each in self._present.values():
            if each.name == "read-only" and writes:
                return asyncpg.ReadOnlySQLTransactionError("cannot execute this in a read-only transaction")
            if each.name == "table" and each.on in needs:
                return asyncpg.UndefinedTableError(f'relation "{each.on}" does not exist')
            if each.table not in needs:
                continue
            if each.name == "column" and re.search(rf"\b{re.escape(each.last)}\b", sql):
                return asyncpg.UndefinedColumnError(f'column "{each.last}" does not exist')
            if each.name == "check" and changes and _writes_to(each.table, charge):
                return asyncpg.CheckViolationError(f'new row for relation "{each.table}" violates a check constraint')
        return None

    def locked(self, charge: Charge) -> bool:
        """Whether a statement has to wait for somebody's lock."""
        return any(("lock", table) in self._present for table, _ in charge.needs)

    def computed(self, charge: Charge) -> float:
        """Return how much more a statement computes [s]."""
        index = charge.statement.cost.index
        grown = (each for each in self._present.values() if each.name == "index" and each.last == index)
        return sum(each.size * PER_FILLER for each in grown) if index else 0.0

    def flushed(self, charge: Charge, *, alone: bool) -> float:
        """Return how much longer a statement waits for the disk [s]: a COMMIT, or a write without a transaction."""
        slow = self._present.get(("commit", ""))
        if slow is None:
            return 0.0
        commits = charge.statement.sql == "COMMIT" or (alone and any(each != "SELECT" for _, each in charge.needs))
        return slow.size if commits else 0.0


def _writes_to(table: str, charge: Charge) -> bool:
    return any(each == table and privilege in ("INSERT", "UPDATE") for each, privilege in charge.needs)
