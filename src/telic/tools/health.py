"""What tells a guard whether an action helped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from telic.model import ActionRecord


@dataclass(frozen=True)
class Judgement:
    """Whether users are better off since an action."""

    helped: bool
    says: str  # what was seen, with numbers


class Health(Protocol):
    """Watches the objective after an action; decides within a bounded time of its clock."""

    async def judge(self, record: ActionRecord) -> Judgement:
        """Wait until it is clear whether `record`, which was applied at ``record.applied``, helped."""
        ...
