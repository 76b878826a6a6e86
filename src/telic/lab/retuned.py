"""What faults have in common that are a policy of which several fields have other values: place, push, way back."""

from __future__ import annotations

import json
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from telic.errors import UsageError
from telic.lab import wording
from telic.lab.fault import Params, Scene, choose, dice
from telic.lab.places import service_state
from telic.model import Action, Change, Harm, Scalar, Truth


@dataclass(frozen=True)
class Retuned(ABC):
    """A policy of an edge or a service that differs in the fields of `value`, a JSON object; `before` has the old."""

    name: ClassVar[str]
    layer: ClassVar[str] = "orchestration"
    mechanisms: ClassVar[Mapping[str, str]]  # its one word, and what it means
    service: str
    target: str
    value: str
    before: str
    seed: int = 0

    @classmethod
    @abstractmethod
    def places(cls, scene: Scene, rng: random.Random) -> list[Params]:
        """Return where users are certainly hurt: service, target, value and the value before of each place."""

    @classmethod
    def plan(cls, scene: Scene, seed: int, fixed: Mapping[str, Scalar]) -> Params:
        """Choose a place."""
        rng = dice(cls.name, seed)
        candidates: list[Params] = [{**each, "seed": seed} for each in cls.places(scene, rng)]
        return {**choose(cls.name, candidates, {k: v for k, v in fixed.items() if k != "value"}, rng), **fixed}

    def inject(self, harm: Harm) -> Truth:
        """Push as a colleague would."""
        change = self._push(harm, self.value, "words")
        (word,) = self.mechanisms
        return Truth(self.name, self.target, word, self.aliases(), change=change.id)

    def heal(self, harm: Harm, change: Change | None) -> None:
        """Push the values before if the other ones are still in force."""
        now = policy_of(harm, self.target)
        if all(now.get(key) == value for key, value in fields_of(self.value).items()):
            self._push(harm, self.before, "way back")

    def mitigations(self, harm: Harm) -> Sequence[Action]:
        """Return the policy as it was."""
        return [policy_back(harm, self.target, fields_of(self.before))]

    def aliases(self) -> tuple[str, ...]:
        """Return other names of the same place."""
        return ()

    def _push(self, harm: Harm, text: str, words: str) -> Change:
        rng = dice(f"{self.name}/{words}", self.seed)
        author, summary = wording.author(rng), wording.config_summary(self.service, rng)
        return harm.push_policy(self.target, fields_of(text), author=author, summary=summary)


def fields_of(text: str) -> dict[str, object]:
    """Return the fields of a policy that a JSON object gives."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no JSON: {error}", hint='write {"timeout": 0.5}') from error
    if not isinstance(found, dict):
        raise UsageError(f"{text!r} is no JSON object", hint='write {"timeout": 0.5}')
    return found


def policy_of(harm: Harm, target: str) -> dict[str, object]:
    """Return the fields of the policy of a service or an edge; none where the world tells of none."""
    found = service_state(harm, target.partition("->")[0]).policies.get(target)
    return {str(key): value for key, value in found.items()} if isinstance(found, Mapping) else {}


def policy_back(harm: Harm, target: str, before: Mapping[str, object]) -> Action:
    """Return the action that gives fields of a policy the values of `before`."""
    return Action("set_policy", target, {"policy": json.dumps({**policy_of(harm, target), **before})})
