"""Tables of answers to idempotency keys, as `PostgresAnswers` asks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from telic.errors import WorldError
from telic.runtime.policies.dedupe import KEPT, STALE_CLAIM
from telic.runtime.statements import Statement


@dataclass
class _Kept:
    claimed_at: float
    status: int | None = None
    reply: bytes | None = None


class AnswerTable:
    """One table; it survives restarts and deploys of its service.

    Parameters
    ----------
    now
        The time [s].
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._kept: dict[object, _Kept] = {}
        self._verbs: dict[str, Callable[..., object]] = {
            "claim_key": self._claim,
            "find_answer": self._find,
            "keep_answer": self._keep,
            "free_key": self._free,
            "forget_answers": self._forget,
        }

    def run(self, statement: Statement, args: tuple[object, ...]) -> object:
        """Return what `statement` gives: a number of rows, or a row or None.

        Raises
        ------
        WorldError
            It is none of the statements about answers: simulated stores run no SQL.
        """
        verb = self._verbs.get(statement.name.rpartition(".")[2])
        if verb is None:
            raise WorldError(
                f"the simulated database cannot run {statement.name}",
                hint="give the service's memory store a method for it, or run it in the local world",
            )
        return verb(*args)

    def _claim(self, key: object, operation: object) -> int:
        now, found = self._now(), self._kept.get(key)
        if found is None:
            self._kept[key] = _Kept(now)
        elif found.status is None and found.claimed_at < now - STALE_CLAIM:
            found.claimed_at = now
        else:
            return 0
        return 1

    def _find(self, key: object) -> dict[str, object] | None:
        found = self._kept.get(key)
        return None if found is None else {"status": found.status, "reply": found.reply}

    def _keep(self, key: object, status: int, reply: bytes) -> int:
        found = self._kept.get(key)
        if found is None:
            return 0
        found.status, found.reply = status, reply
        return 1

    def _free(self, key: object) -> int:
        found = self._kept.get(key)
        if found is None or found.status is not None:
            return 0
        del self._kept[key]
        return 1

    def _forget(self) -> int:
        old = [key for key, each in self._kept.items() if each.claimed_at < self._now() - KEPT]
        for key in old:
            del self._kept[key]
        return len(old)
