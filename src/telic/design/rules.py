"""The design rules of an intent that a generated design keeps or is refused for."""

from __future__ import annotations

import re

from telic.design.plan import SystemPlan
from telic.errors import InvalidDesign
from telic.model.intent import Intent, Rule

BY_CONSTRUCTION = ("style(microservices)", "one_owner_per_entity")
MAX_SERVICES = re.compile(r"max_services\((\d+)\)")


def is_known(rule: Rule) -> bool:
    """Whether a rule is checked, or holds by the way designs are made.

    Examples
    --------
    >>> is_known(Rule("D3", "max_services(10)")), is_known(Rule("D4", "be nice"))
    (True, False)
    """
    return rule.rule in BY_CONSTRUCTION or MAX_SERVICES.fullmatch(rule.rule) is not None


def require_rules(plan: SystemPlan, intent: Intent) -> None:
    """Refuse a plan that breaks a design rule of its intent."""
    for rule in intent.design:
        found = MAX_SERVICES.fullmatch(rule.rule)
        if found and len(plan.services) > int(found[1]):
            raise InvalidDesign(
                f"{rule.id} {rule.rule}: the design has {len(plan.services)} services:"
                f" {', '.join(each.name for each in plan.services)}",
                hint="give entities a common owner, or allow more services",
            )
