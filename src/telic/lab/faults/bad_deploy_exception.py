"""A new version that raises in one operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import UsageError
from telic.lab import wording
from telic.lab.fault import Params, Scene, choose, dice, fault
from telic.lab.places import popular, revert_deploy, service_state
from telic.lab.sources import class_of_operation, file_named, with_first_lines
from telic.model import Change, Harm, Scalar, Truth

REGRESSIONS: Mapping[str, tuple[str, ...]] = {
    "KeyError": ('markets = {"EUR": 2, "USD": 2, "JPY": 0}', 'digits = markets["CHF"]', "del digits"),
    "AttributeError": ("page = None", "size = page.size", "del size"),
    "TypeError": ('limits = (20, "100")', "window = limits[0] + limits[1]", "del window"),
}
"""Lines a colleague might have written in good faith; each raises on every call."""


@fault(
    "bad-deploy-exception",
    example={"service": "hotel", "operation": "near", "version": "1", "error": "KeyError"},
)
@dataclass(frozen=True)
class BadDeployException:
    """Deploy a version of one service in which one operation raises on every call.

    From outside: from the deploy on, this one operation answers 500 at once, with an ERROR log and a stack trace of the
    service's own code; its other operations and its readiness are well.

    Parameters
    ----------
    service
        Which one is deployed.
    operation
        Which of its operations raises.
    version
        What ran before.
    error
        ``KeyError``, ``AttributeError`` or ``TypeError``.
    seed
        Chooses author and summary.

    It ends by itself never; the version before ends it.

    Source: code bugs, the most frequent root cause in S. Ghosh et al., "How to fight production incidents?", SoCC 2022.
    """

    name: ClassVar[str] = "bad-deploy-exception"
    layer: ClassVar[str] = "application"
    service: str
    operation: str
    version: str
    error: str = "KeyError"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.error not in REGRESSIONS:
            raise UsageError(f"bad-deploy-exception: error {self.error!r}", hint=f"one of {', '.join(REGRESSIONS)}")

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose an operation below the entry that many requests pass."""
        rng = dice(cls.name, seed)
        candidates: list[Params] = []
        for place in popular(scene, "operation"):
            service, _, operation = place.partition(".")
            if service != scene.design.entry and service in scene.harm.state().services:
                version = service_state(scene.harm, service).version
                candidates.append({"service": service, "operation": operation, "version": version, "seed": seed})
        chosen = choose(cls.name, candidates, {key: value for key, value in fixed.items() if key != "error"}, rng)
        return {**chosen, "error": rng.choice(sorted(REGRESSIONS)), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Deploy as a colleague would."""
        rng = dice(f"{self.name}/words", self.seed)
        files = harm.release_files(self.service)
        path = file_named(files, "handlers.py")
        owner = class_of_operation(files, self.operation)
        text = with_first_lines(files[path], owner, "__call__", list(REGRESSIONS[self.error]))
        change = harm.deploy(
            self.service,
            {path: text},
            author=wording.author(rng),
            summary=wording.deploy_summary(self.service, rng),
        )
        return Truth(self.name, self.service, "exception", change=change.id)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Go back to the version before, if this one still runs."""
        revert_deploy(harm, change)
