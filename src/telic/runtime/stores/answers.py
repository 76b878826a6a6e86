"""Answers to idempotency keys in a table of the service (docs/reference/runtime.md has its DDL)."""

from __future__ import annotations

import re

from telic.errors import UsageError
from telic.runtime.policies.dedupe import KEPT, STALE_CLAIM, Answer
from telic.runtime.ports import Database
from telic.runtime.statements import Cost, Statement

_TABLE = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
# Neither a claim nor an answer waits for the disk. The commit of the work itself does, and takes the claim along; an
# answer that is lost with the database leaves the claim, which is taken over as that of a dead process is.
_AT_EASE = "(SELECT set_config('synchronous_commit', 'off', true)) AS ease"


class PostgresAnswers:
    """Implements `telic.runtime.policies.dedupe.AnswerStore`; claims survive restarts and hold across instances."""

    def __init__(self, database: Database, table: str) -> None:
        if not _TABLE.fullmatch(table):
            raise UsageError(f"idempotency table {table!r}", hint="schema.table in lower case")
        self._database = database
        write, (service, name) = Cost(writes=True), table.split(".")
        quoted = f'"{service}"."{name}"'  # a service may have the name of a reserved word: user
        self._claim = Statement(
            f"{service}.claim_key",
            f"INSERT INTO {quoted} AS kept (key, operation) SELECT $1, $2 FROM {_AT_EASE} ON CONFLICT (key) DO UPDATE "
            f"SET claimed_at = now() WHERE kept.status IS NULL "
            f"AND kept.claimed_at < now() - interval '{STALE_CLAIM:.0f} seconds'",
            write,
            table,
        )
        self._find = Statement(
            f"{service}.find_answer", f"SELECT status, reply FROM {quoted} WHERE key = $1", Cost(), table, fresh=True
        )
        self._finish = Statement(
            f"{service}.keep_answer",
            f"UPDATE {quoted} SET status = $2, reply = $3 FROM {_AT_EASE} WHERE key = $1",
            write,
            table,
        )
        self._release = Statement(
            f"{service}.free_key", f"DELETE FROM {quoted} WHERE key = $1 AND status IS NULL", write, table
        )
        self._forget = Statement(
            f"{service}.forget_answers",
            f"DELETE FROM {quoted} WHERE claimed_at < now() - interval '{KEPT:.0f} seconds'",
            write,
            table,
        )

    async def claim(self, key: str, operation: str) -> Answer | bool:
        """Claim `key` or return what is known of it."""
        if await self._database.execute(self._claim, key, operation):
            return True
        row = await self._database.fetch_one(self._find, key)
        if row is None or row["status"] is None:
            return False
        return Answer(row["status"], row["reply"])

    async def finish(self, key: str, answer: Answer) -> None:
        """Keep `answer`."""
        await self._database.execute(self._finish, key, answer.status, answer.body)

    async def release(self, key: str) -> None:
        """Forget the claim."""
        await self._database.execute(self._release, key)

    async def forget_old(self) -> None:
        """Delete answers that are older than they are promised to be kept."""
        await self._database.execute(self._forget)
