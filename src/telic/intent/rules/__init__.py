"""What must hold between the parts of an intent; every rule notes its findings where they are written."""

from __future__ import annotations

from telic.intent.findings import Findings
from telic.intent.rules import entities, ids, load, operations, policies, stories, trials
from telic.intent.rules.scene import Scene
from telic.intent.source import Item
from telic.model.intent import Intent

RULES = (
    ids.check,
    entities.check_entities,
    entities.check_states,
    operations.check,
    stories.check_use_cases,
    stories.check_invariants,
    policies.check_security,
    policies.check_design,
    load.check_workloads,
    load.check_objectives,
    load.check_capacity,
    load.check_settings,
    load.check_limits,
    trials.check_recovery,
    trials.check_trials,
    trials.check_refinements,
    trials.check_questions,
)
"""Every rule, in the order of the file."""


def check(intent: Intent, root: Item, findings: Findings) -> None:
    """Apply every rule to an intent that was read from `root`."""
    scene = Scene(intent, root, findings)
    for rule in RULES:
        rule(scene)
