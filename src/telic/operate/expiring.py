"""Certificates that run out soon: told while there is time to renew them.

Certificates are renewed when two thirds of their life are over, so that whoever sees one near its end sees a renewal
that did not happen (Let's Encrypt, "Integration Guide", https://letsencrypt.org/docs/integration-guide/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telic.model import State

DAY = 86_400.0  # [s]
SOON = 14 * DAY  # before its end somebody is told [s]
AGAIN = DAY  # and again after so long [s]


@dataclass(frozen=True)
class Expiry:
    """A certificate that runs out soon."""

    place: str  # the service that presents it
    left: float  # until its end [s]

    def __str__(self) -> str:
        length = f"{self.left / DAY:.0f} days" if self.left >= 2 * DAY else f"{self.left / 3600:.0f} hours"
        return f"the certificate of {self.place} runs out in {length}: renew_certificate {self.place}"


class Expiring:
    """Remembers of which certificates it has told."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def look(self, state: State) -> Sequence[Expiry]:
        """Return what runs out soon and was not told lately, the first to run out first.

        What has run out already is harm, and no warning.
        """
        found = [
            Expiry(service, until - state.time)
            for service, until in state.certificates.items()
            if 0 < until - state.time <= SOON and state.time - self._told.get(service, float("-inf")) >= AGAIN
        ]
        self._told.update((each.place, state.time) for each in found)
        return sorted(found, key=lambda each: each.left)
