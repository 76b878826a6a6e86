"""A process that is there, accepts connections and answers nothing."""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Action
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue, Proposal, harm_clue, mechanism

IDLE = 0.002  # a process that uses less makes no progress [cores]
HELD = 0.25  # share of time that a process is kept from running which is no accident [1]


@mechanism("hang", example={"service": "hotel", "process_state": "T"})
def hang(findings: Findings) -> Sequence[Proposal]:
    """Services that are called and answer nobody, while their processes live and use no CPU."""
    return [found for service in findings.state.services if (found := _of(findings, service)) is not None]


def _of(findings: Findings, service: str) -> Proposal | None:
    instances = findings.instances(service)
    unready = [each for each in instances if each.phase == "unready"]
    stopped = [each for each in instances if each.process_state == "T"]
    called = sum(each.calls for each in findings.current.into(service))
    silent = findings.now - max(findings.answered.get(service, 0.0), findings.onset - 10.0)
    if not (unready or stopped or (called >= 3 and silent > 1.5)):
        return None
    clues = [
        Clue(2.5, f"{service} does not answer its readiness probe", ("state",))
        if unready
        else Clue(-3.0, f"{service} answers its readiness probe", ("state",))
    ]
    clues += [*_silence(findings, service, silent), *_progress(findings, service)]
    share = findings.share(
        lambda each: (
            (
                each.kind == "edge"
                and each.entity.endswith(f"->{service}")
                and each.how in ("unanswered", "gap", "connection")
            )
            or (each.entity == service and each.how == "slow")
        )
    )
    if service != findings.topology.entry:
        clues.append(harm_clue(findings, share, f"waiting for {service}"))
    ended = bool(findings.exits(service))
    if ended:
        clues.append(Clue(-5.0, f"processes of {service} ended", ("events",)))
    return Proposal(
        "hang",
        service,
        clues,
        "no answer",
        findings.answered.get(service, findings.onset),
        None,
        (Action("restart", service, {}, f"{service} answers nothing and makes no progress"),),
    )


def _silence(findings: Findings, service: str, silent: float) -> list[Clue]:
    """A process that hangs finishes nothing and tells nothing any more."""
    clues = []
    stopped = findings.stopped_since(service)
    began = max(findings.onset, stopped or 0.0)
    what = "harm began" if stopped is None else "it was stopped"
    answered = findings.answered.get(service, 0.0)
    if answered > began + 0.5:
        clues.append(Clue(-5.0, f"{service} finished a request {answered - began:.1f} s after {what}", ("answered",)))
    elif silent > 2.0:
        clues.append(Clue(1.5, f"{service} finished no request for {silent:.1f} s", ("answered",)))
    heard = findings.heard.get(service, 0.0)
    if heard > began + 0.8:
        clues.append(Clue(-3.0, f"{service} sent telemetry {heard - began:.1f} s after {what}", ("heard",)))
    elif heard and findings.now - heard > 2.0:
        clues.append(Clue(1.0, f"{service} sent no telemetry for {findings.now - heard:.1f} s", ("heard",)))
    return clues


def _progress(findings: Findings, service: str) -> list[Clue]:
    motion = findings.motion(service)
    if motion is None:
        return []
    clues = []
    if motion.cpu > IDLE:
        clues.append(Clue(-4.0, f"{service} used {motion.cpu:.3f} cores, so it makes progress", ("state",)))
    else:
        weight = 2.0 * min(1.0, motion.seconds / 1.5)
        clues.append(Clue(weight, f"{service} used no CPU for {motion.seconds:.1f} s", ("state",)))
    if all(letter == "T" for letter in motion.letters):
        clues.append(Clue(1.0, f"its process was stopped (state T) in all {len(motion.letters)} looks", ("state",)))
    elif motion.held >= HELD:
        clues.append(
            Clue(-4.0, f"it is not stopped, but was kept from running {motion.held:.0%} of the time", ("state",))
        )
    return clues
