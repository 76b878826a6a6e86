"""What faults have in common that are a policy of which several fields have other values: place, push, way back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from telic.errors import UsageError
from telic.lab import wording
from telic.lab.fault import dice
from telic.lab.places import policy_back, policy_of
from telic.lab.pushed import OtherValue
from telic.model import Action, Change, Harm, Truth


@dataclass(frozen=True)
class Retuned(OtherValue):
    """A policy of an edge or a service that differs in the fields of `value`, a JSON object; `before` has the old."""

    service: str
    target: str
    value: str
    before: str
    seed: int = 0

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
