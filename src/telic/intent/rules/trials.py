"""Recoveries, trials, refinements and questions speak of what exists."""

from __future__ import annotations

from telic.intent.parts import cited
from telic.intent.rules.scene import Scene, place

SECTIONS = ("functional", "operational", "entities", "states", "operations", "use_cases", "invariants", "security",
            "design", "workload", "slos", "capacity", "settings", "recovery", "trials", "limits", "text")  # fmt: skip
"""Parts of an intent that a refinement may keep and a question may be about."""


def check_recovery(scene: Scene) -> None:
    """Check that what must come back is an objective's."""
    objectives = [each.id for each in scene.intent.objectives]
    for recovery, item in scene.pairs(scene.intent.recovery, "operational.recovery"):
        if recovery.metric:
            scene.known(place(item, "metric"), recovery.metric[8:-1], objectives, "no objective")


def check_trials(scene: Scene) -> None:
    """Check whom trials hurt and what must hold."""
    musts = [*(each.id for each in scene.intent.recovery), *(each.id for each in scene.intent.objectives)]
    for trial, item in scene.pairs(scene.intent.trials, "operational.trials"):
        for what in ("capacity", "error", "pause"):
            at = place(item, "inject", what, "service")
            if at.kind == "text":
                scene.known(at, at.text, scene.services, "no service")
        if trial.under:
            workloads = [each.id for each in scene.intent.workloads]
            scene.known(place(item, "under"), trial.under, workloads, "no workload")
        if item.get("must") is not None and not place(item, "must").items:
            scene.findings.add(place(item, "must"), f"trial {trial.id} asks for nothing", "must: [R1]")
        for at in place(item, "must").items:
            scene.known(at, at.text, musts, "no recovery or objective")


def check_refinements(scene: Scene) -> None:
    """Check what refinements cite."""
    ids = cited(scene.intent)
    trials = [each.id for each in scene.intent.trials]
    for refinement, item in scene.pairs(scene.intent.refinements, "refinement"):
        because = place(item, "because")
        scene.known(place(because, "violated"), refinement.because.get("violated", ""), ids, "no id")
        scene.known(place(because, "trial"), refinement.because.get("trial", ""), trials, "no trial")
        for at in place(item, "change", "keep").items:
            scene.known(at, at.text, (*SECTIONS, *ids), "no id or section")
        values = place(item, "change").get("set")
        for key, _ in values.entries if values is not None else ():
            scene.known(key, key.text.split(".")[0], (*SECTIONS, *ids), "no id or section")


def check_questions(scene: Scene) -> None:
    """Check what questions are about."""
    about = (*SECTIONS, *cited(scene.intent), *scene.entities)
    for question, item in scene.pairs(scene.intent.open, "open"):
        scene.known(place(item, "about"), question.about.split(".")[0], about, "no id or section")
