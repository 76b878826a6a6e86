"""Security and design rules are of a closed set, since each has code that enforces it."""

from __future__ import annotations

import re

from telic.intent.findings import near
from telic.intent.rules.scene import Scene, place

SECURITY = ("<Entity>.<field> stored hashed", "pii never in logs or traces")
"""Security rules; the first is for secret fields."""

DESIGN = ("style(microservices)", "one_owner_per_entity", "max_services(<count>)")
"""Design rules."""


def check_security(scene: Scene) -> None:
    """Check the security rules."""
    for rule, item in scene.pairs(scene.intent.security, "functional.security"):
        at = place(item, "rule")
        hashed = re.fullmatch(r"(\w+)\.(\w+) stored hashed", rule.rule)
        if hashed and scene.known(at, hashed[1], scene.entities, "no entity"):
            bases = {each.name: each.type.base for each in scene.entities[hashed[1]].fields}
            if scene.known(at, hashed[2], bases, f"{hashed[1]} has no field") and bases[hashed[2]] != "secret":
                scene.findings.add(
                    at, f"{hashed[1]}.{hashed[2]} is {bases[hashed[2]]}, not secret", f"{hashed[2]}: secret"
                )
        if rule.rule and not hashed and rule.rule != SECURITY[1]:
            scene.findings.add(at, f"no security rule {rule.rule!r}", near(rule.rule, SECURITY))


def check_design(scene: Scene) -> None:
    """Check the design rules, and that the services fit."""
    for rule, item in scene.pairs(scene.intent.design, "functional.design"):
        at = place(item, "rule")
        limit = re.fullmatch(r"max_services\(([1-9][0-9]{0,2})\)", rule.rule)
        if limit and "" not in scene.services and len(scene.services) > int(limit[1]):
            names = ", ".join(scene.services)
            scene.findings.add(at, f"the owners make {len(scene.services)} services, {limit[1]} are allowed", names)
        if rule.rule and not limit and rule.rule not in DESIGN[:2]:
            scene.findings.add(at, f"no design rule {rule.rule!r}", near(rule.rule, DESIGN))
