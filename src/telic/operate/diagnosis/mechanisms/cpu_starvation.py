"""A process that does not get the CPU that it asks for."""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Action
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.mechanisms.hang import HELD, IDLE
from telic.operate.diagnosis.mechanisms.metastable_overload import escape, feeds_itself
from telic.operate.diagnosis.proposal import Clue, Proposal, change_clue, harm_clue, mechanism

ENOUGH = 1.4  # a look that is shorter does not show progress [s]
LAG = 0.08  # of an event loop that gets too little CPU [s]
MORE_CALLS = 2.0  # of the calls before: lag is their doing [1]
ALIKE = 0.4  # of its lag: others lag as well [1]
LAG_GROWTH = 4.0  # over what is normal [1]


@mechanism("cpu-starvation", example={"service": "hotel", "held": 0.9, "lag": 0.2})
def cpu_starvation(findings: Findings) -> Sequence[Proposal]:
    """Services that are kept from running, or whose event loop lags, and that still make progress."""
    return [found for service in findings.state.services if (found := _of(findings, service)) is not None]


def _of(findings: Findings, service: str) -> Proposal | None:
    motion = findings.motion(service)
    lag = findings.current.lag.get(service, 0.0)
    usual = findings.baseline.lag.get(service, 0.0) if findings.baseline else 0.0
    held = motion.held if motion else 0.0
    lagging = lag >= LAG and lag >= LAG_GROWTH * usual
    if held < HELD and not lagging:
        return None
    clues = []
    if held >= HELD and motion:
        clues.append(Clue(4.0, f"{service} was kept from running {held:.0%} of the time", ("state",)))
    elif motion:
        clues.append(Clue(-1.5, f"{service} was not kept from running", ("state",)))
    if lagging:
        clues.append(Clue(2.0, f"its event loop lagged {lag * 1000:.0f} ms (usually {usual * 1000:.0f} ms)", ("lag",)))
    elsewhere = findings.lag_elsewhere(service)
    if held < HELD and elsewhere >= ALIKE * lag:
        clues.append(Clue(-4.0, f"other services lag {elsewhere * 1000:.0f} ms too: the machine is busy", ("lag",)))
    clues += [] if held >= HELD else _more_calls(findings, service)
    if motion and motion.cpu > IDLE:
        clues.append(Clue(1.5, f"it still used {motion.cpu:.3f} cores", ("state",)))
    elif motion and motion.seconds >= ENOUGH:
        clues.append(Clue(-4.0, f"it used no CPU in {motion.seconds:.1f} s: it stands still", ("state",)))
    clues.append(harm_clue(findings, findings.share(lambda each: each.touches(service)), f"at {service}"))
    deploys = findings.changes_of(service, "deploy")
    clues.append(change_clue(findings, deploys[0] if deploys else None, -1.5, 0.5))
    if findings.exits(service):
        clues.append(Clue(-4.0, f"processes of {service} ended", ("events",)))
    return Proposal(
        "cpu-starvation",
        service,
        clues,
        "event-loop lag",
        findings.onset,
        None,
        _mitigations(findings, service),
    )


def _mitigations(findings: Findings, service: str) -> tuple[Action, ...]:
    """A new process; before that the way out of a storm, where one is on: it outlives the lack, and can be undone."""
    restart = Action("restart", service, {}, f"today's process of {service} is kept from running")
    if findings.storm is not None and feeds_itself(findings, service):
        return (escape(findings, findings.storm, service), restart)
    return (restart,)


def _more_calls(findings: Findings, service: str) -> list[Clue]:
    """A service that gets far more calls than before lags because of them."""
    if findings.baseline is None or findings.baseline.covered < 1.0 or findings.current.covered < 1.0:
        return []
    before = sum(each.calls for each in findings.baseline.into(service)) / findings.baseline.covered
    now = sum(each.calls for each in findings.current.into(service)) / findings.current.covered
    if before <= 0 or now < MORE_CALLS * before:
        return []
    return [Clue(-4.0, f"it is called {now / before:.1f} times as often as before", ("edges",))]
