"""Burn-rate rules: an alarm when a set share of the error budget is spent within a set part of the window.

References
----------
.. [1] The Site Reliability Workbook, chapter 5, "Alerting on SLOs", table 5-8: 2 % of the budget in 1 h, 5 % in 6 h,
   10 % in 3 d of a 30 d window, each confirmed by a window a twelfth as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from telic.intent.openslo import write_yaml
from telic.intent.units import write_duration
from telic.model.intent import Intent, Objective

_PARTS: tuple[tuple[float, float, Literal["page", "ticket"]], ...] = (
    (0.02, 1 / (30 * 24), "page"),
    (0.05, 6 / (30 * 24), "page"),
    (0.10, 3 / 30, "ticket"),
)  # share of the budget [1], part of the window [1]
_CONFIRM = 12  # long window to short window [1]
_SHORTEST = 1.0  # a shorter window holds too few requests [s]


@dataclass(frozen=True)
class BurnRule:
    """Fires while both windows burn faster than `burn_rate`; the short one makes it end soon after the harm."""

    objective: str  # intent id
    severity: Literal["page", "ticket"]
    budget: float  # share of the error budget that is spent when it fires [1]
    long: float  # [s]
    short: float  # [s]
    burn_rate: float  # budget spent per budget allowed in the same time [1]
    bad_share: float  # the same as a share of requests [1]

    def fires(self, *, bad_long: float, bad_short: float) -> bool:
        """Whether the shares of bad requests [1] over both windows are above the rule's.

        A rule whose `bad_share` is above 1 cannot fire; that of a lax objective's fastest window may be.
        """
        return bad_long > self.bad_share and bad_short > self.bad_share


def burn_rules(objective: Objective, *, tests: bool = False) -> tuple[BurnRule, ...]:
    """Return the rules of one objective, the fastest first.

    Parameters
    ----------
    tests
        Scale all times so that the fastest rule looks at the objective's `test_window`; burn rates stay.

    Examples
    --------
    >>> from telic.apps import find
    >>> from telic.intent import read
    >>> rule = burn_rules(read(find("hotel")).objectives[0])[0]
    >>> round(rule.long), round(rule.burn_rate, 1), round(rule.bad_share, 3)
    (3360, 14.4, 0.144)
    """
    fastest = objective.window * _PARTS[0][1]
    scale = objective.test_window / fastest if tests else 1.0
    return tuple(_rule(objective, share, part, severity, scale) for share, part, severity in _PARTS)


def burn_yaml(intent: Intent, *, tests: bool = False) -> str:
    """Return all rules of an intent as YAML; equal intents give equal text."""
    rules = [_plain(rule) for objective in intent.objectives for rule in burn_rules(objective, tests=tests)]
    return write_yaml([{"burn_rules": "v1", "system": intent.system, "intent": intent.hash, "rules": rules}])


def _rule(
    objective: Objective, share: float, part: float, severity: Literal["page", "ticket"], scale: float
) -> BurnRule:
    long = objective.window * part * scale
    burn_rate = share / part
    return BurnRule(
        objective=objective.id,
        severity=severity,
        budget=share,
        long=round(long, 3),
        short=round(max(_SHORTEST, long / _CONFIRM), 3),
        burn_rate=round(burn_rate, 6),
        bad_share=round(burn_rate * (1 - objective.target), 9),
    )


def _plain(rule: BurnRule) -> dict[str, object]:
    return {
        "objective": rule.objective,
        "severity": rule.severity,
        "budget": rule.budget,
        "long": write_duration(rule.long),
        "short": write_duration(rule.short),
        "burn_rate": rule.burn_rate,
        "bad_share": rule.bad_share,
    }
