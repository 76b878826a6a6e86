"""What is certified: scenarios of the bundled suites whose certificate holds for what is there now."""

from __future__ import annotations

from dataclasses import dataclass

from telic.lab import scenario as scenarios
from telic.lab.certify import current, find
from telic.lab.scenario import Scenario
from telic.lab.session import loading
from telic.lab.trials.measure import hashes


@dataclass(frozen=True)
class Certified:
    """The scenarios with a certificate, and those without."""

    holding: tuple[Scenario, ...]
    mechanisms: frozenset[str]
    stale: tuple[str, ...]

    @property
    def apps(self) -> frozenset[str]:
        """The apps of certified scenarios."""
        return frozenset(each.app for each in self.holding)


def certified(*, designs: bool = True) -> Certified:
    """Read every certificate of every bundled suite.

    Parameters
    ----------
    designs
        Make every app's design and compare its hashes too; without, only scenarios' hashes are compared.
    """
    holding: list[Scenario] = []
    mechanisms: set[str] = set()
    stale: list[str] = []
    for suite in scenarios.suites():
        for path in scenarios.files(suite):
            one = scenarios.read(path)
            found = find(path, one.name)
            if found is None:
                stale.append(one.name)
                continue
            now = hashes(loading.prepared(one)) if designs else found.hashes
            if found.holds and current(found, one, now):
                holding.append(one)
                mechanisms.update(found.mechanisms)
            else:
                stale.append(one.name)
    return Certified(tuple(holding), frozenset(mechanisms), tuple(stale))
