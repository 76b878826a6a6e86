"""A new version that asks the database in a way that takes far longer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import InvalidDesign
from telic.lab import wording
from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import popular, revert_deploy
from telic.lab.sources import FoundStatement, statements, with_sql
from telic.model import Change, Harm, Scalar, Truth

STEPS = (90_000, 200_000)  # rows hashed and sorted a call [1]; measured 1.5 us each: 0.13 to 0.3 s of one core

_SQL = """WITH turn AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(42)::text AS taken
),
answer AS MATERIALIZED (
    {sql}
)
SELECT answer.* FROM answer
WHERE (
    SELECT count(DISTINCT md5(turn.taken || season.day::text))
    FROM turn CROSS JOIN generate_series(1, {steps}) AS season (day)
) > 0"""


@fault(
    "bad-deploy-slow-query",
    example={"service": "hotel", "statement": "hotel.hotels_in_box", "version": "1", "steps": 200_000},
)
@dataclass(frozen=True)
class BadDeploySlowQuery:
    """Deploy a version of one service in which one read statement computes far more than it needs.

    From outside: from the deploy on, the database span of this statement lasts several 100 ms instead of less than one,
    everything above waits for it or times out, connections of the service's pool run out; errors come second.
    The result is the same. The work is real: it holds a lock, so that calls wait for each other and one of PostgreSQL's
    processes at a time uses a CPU; without the lock it would take every core of a small machine from everybody.

    Parameters
    ----------
    service
        Which one is deployed.
    statement
        Name of the statement.
    version
        What ran before.
    steps
        Rows that the statement generates, hashes and sorts a call [1].
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: the first fault of many incident collections, a missing index or an accidental full scan after a release;
    S. Ghosh et al., "How to fight production incidents?", SoCC 2022.
    """

    name: ClassVar[str] = "bad-deploy-slow-query"
    layer: ClassVar[str] = "application"
    service: str
    statement: str
    version: str
    steps: int = 150_000
    seed: int = 0

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a read statement that a popular operation runs."""
        rng = dice(cls.name, seed)
        used = set(popular(scene, "statement"))
        candidates: list[Params] = []
        for name, running in sorted(scene.harm.state().services.items()):
            for each in statements(scene.harm.release_files(name)):
                if each.reads and each.name in used:
                    candidates.append(
                        {"service": name, "statement": each.name, "version": running.version, "seed": seed}
                    )
        chosen = choose(cls.name, candidates, {key: value for key, value in fixed.items() if key != "steps"}, rng)
        return {**chosen, "steps": rng.randrange(*STEPS, 10_000), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Deploy as a colleague would."""
        rng = dice(f"{self.name}/words", self.seed)
        change = harm.deploy(
            self.service,
            self._edits(harm),
            author=wording.author(rng),
            summary=wording.deploy_summary(self.service, rng),
        )
        return Truth(self.name, self.service, "slow-query", change=change.id)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Go back to the version before, if this one still runs."""
        revert_deploy(harm, change)

    def _edits(self, harm: Harm) -> Mapping[str, str]:
        files = harm.release_files(self.service)
        found = self._found(statements(files))
        sql = found.sql.strip().rstrip(";").replace("\n", "\n    ")
        return {found.path: with_sql(files, found, _SQL.format(sql=sql, steps=self.steps))}

    def _found(self, known: list[FoundStatement]) -> FoundStatement:
        for each in known:
            if each.name == self.statement:
                return each
        raise InvalidDesign(
            f"{self.service} has no statement {self.statement}", hint=f"it has {', '.join(each.name for each in known)}"
        )
