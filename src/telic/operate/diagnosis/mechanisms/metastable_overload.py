"""A service that stays overloaded by stale work and retries although load is what it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telic.model import Action
from telic.operate.diagnosis.blame import Blame
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.mechanisms.hang import HELD
from telic.operate.diagnosis.proposal import Clue, Proposal, harm_clue, mechanism
from telic.operate.diagnosis.storm import Storm
from telic.runtime.wiring import EdgePolicy
from telic.telemetry.queries import bottlenecks

FULL = 0.85  # of its slots taken: it cannot take more [1]
COLLAPSED = 0.75  # good answers for what is asked, compared with before; or with all, where that is not known [1]
MORE_LOAD = 1.25  # of what users asked for before [1]
AMPLIFIED, PLAIN = 1.5, 1.15  # attempts for each call on the way to it [1]
WASTED, USEFUL = 0.25, 0.05  # of its work is for nobody [1]
SLOWER, AS_EVER = 2.5, 1.6  # a request holds its slot, compared with before [1]
LAG = 0.04  # median of the other services' event loops: the machine is busy [s]
BUSY, BUSY_SHED = 0.08, 0.5  # median lag of event loops of a machine that is too busy [s]; and what is shed then [1]
ROOM = 0.8  # of what it can serve is let in [1]
SHED_LEAST, SHED_MOST, SHED_STEP = 0.1, 0.9, 0.05  # [1]


@mechanism("metastable-overload", example={"service": "hotel", "attempts": 5.5, "wasted": 0.9, "load": 1.0})
def metastable_overload(findings: Findings) -> Sequence[Proposal]:
    """Services that are full and do little good while users ask for no more than before: their callers try again.

    Four signs: good answers against what users ask for, attempts for each call, the age of the queue against the
    callers' timeouts, work that nobody waits for. Told from plain overload by what users ask for; from slow statements,
    bad paths and lack of CPU by how long a request holds its slot, which is as ever.
    """
    return [_of(findings, findings.storm, service) for service in collapsed(findings) if findings.storm is not None]


def collapsed(findings: Findings) -> list[str]:
    """Return the services that are full by themselves while users get far fewer good answers than before."""
    storm = findings.storm
    if storm is None:
        return []
    usual = 1.0 if storm.load is None else storm.before.answered
    full = [name for name, each in storm.now.full.items() if each.mean >= FULL]
    return bottlenecks(full, findings.topology) if storm.now.answered < COLLAPSED * usual else []


def _of(findings: Findings, storm: Storm, service: str) -> Proposal:
    clues = [*_load(storm), *signs(findings, storm, service)]
    return Proposal(
        "metastable-overload", service, clues, "wasted work", findings.onset, None, (escape(findings, storm, service),)
    )


def signs(findings: Findings, storm: Storm, service: str) -> list[Clue]:
    """Return what speaks for and against a storm at `service`, whatever users ask for."""
    return [
        _harm(findings, service),
        *_attempts(findings, storm, service),
        *_queue(findings, storm, service),
        *_waste(storm, service),
        *_itself(findings, storm, service),
    ]


def escape(findings: Findings, storm: Storm, service: str) -> Action:
    """Return the way out, with the share that has to be shed now.

    Where the event loops of most services lag, work waits in front of every queue that could drop it: then at least
    half is shed until the machine has caught up.
    """
    why = f"{service} works for callers that have left, and they try again"
    least = BUSY_SHED if findings.lag_elsewhere(service) >= BUSY else 0.0
    return Action("escape", service, {"shed": max(least, share_to_shed(storm, service))}, why)


def feeds_itself(findings: Findings, service: str) -> bool:
    """Whether callers try again, and what `service` does is for nobody."""
    storm = findings.storm
    if storm is None:
        return False
    return storm.now.amplification(findings.topology, service) >= AMPLIFIED and storm.now.wasted(service) >= WASTED


def share_to_shed(storm: Storm, service: str) -> float:
    """Return the share [1] of users' requests that has to be refused so that `service` has room for the rest.

    What it finishes while it is full is what it can do; what it would get, did nobody try again, is what it got before,
    in proportion to what users ask for.
    """
    can, load = storm.now.throughput(service), storm.load or 1.0
    wanted = storm.before.throughput(service) * load
    if can <= 0 or wanted <= 0:
        return 0.5
    share = 1.0 - ROOM * can / wanted
    steps = round(min(SHED_MOST, share) / SHED_STEP)
    return round(steps * SHED_STEP, 4) if share >= SHED_LEAST else 0.0


def _harm(findings: Findings, service: str) -> Clue:
    above = {service, *_above(findings, service)}

    def on_the_way(blame: Blame) -> bool:
        return blame.entity.partition("->")[0] in above

    return harm_clue(findings, findings.share(on_the_way), f"on the way to {service}")


def _load(storm: Storm) -> list[Clue]:
    topics, load = ("load",), storm.load
    got = f"{storm.now.goodput:.0f} good answers/s, {storm.before.goodput:.0f} before"
    if load is None:
        return [Clue(0.0, f"{got}; what users asked for before is not known", topics)]
    if storm.surely >= MORE_LOAD:
        return [Clue(-10.0, f"users ask for {load:.1f} times as much as before", topics)]
    return [Clue(2.0, f"{got}, though users ask for {load:.1f} times what they did", topics)]


def _attempts(findings: Findings, storm: Storm, service: str) -> list[Clue]:
    factor = storm.now.amplification(findings.topology, service)
    says = f"retries make {factor:.1f} calls of one on the way to {service}"
    if factor >= AMPLIFIED:
        return [Clue(2.0, says, ("attempts",))]
    return [Clue(-2.5, says, ("attempts",))] if factor < PLAIN else []


def _queue(findings: Findings, storm: Storm, service: str) -> list[Clue]:
    full = storm.now.full[service]
    patience = _patience(findings, service)
    says = f"{full.queued:.0f} wait at {service}, the first for {full.age:.1f} s; callers wait {patience:g} s"
    return [Clue(2.0 if full.age >= patience else -1.5, says, ("full",))]


def _waste(storm: Storm, service: str) -> list[Clue]:
    wasted = storm.now.wasted(service)
    says = f"nobody waited any more for {wasted:.0%} of what {service} did"
    if wasted >= WASTED:
        return [Clue(2.0, says, ("wasted",))]
    return [Clue(-1.5, says, ("wasted",))] if wasted < USEFUL else []


def _itself(findings: Findings, storm: Storm, service: str) -> list[Clue]:
    """What the service would show if it were slow by itself."""
    clues = []
    now, before = storm.now.slot_time(service), storm.before.slot_time(service)
    if now > 0 and before > 0:
        says = f"a request holds its slot {now * 1000:.0f} ms, {before * 1000:.0f} ms before"
        if now <= AS_EVER * before:
            clues.append(Clue(1.5, f"{service} is as fast as ever: {says}", ("full", "wasted")))
        elif now >= SLOWER * before:
            busy = findings.lag_elsewhere(service) >= LAG  # a storm keeps a small machine busy, and all get slower
            clues.append(
                Clue(-1.0 if busy else -4.0, f"{service} itself got slower: {says}", ("full", "wasted", "lag"))
            )
    motion = findings.motion(service)
    if motion and motion.held >= HELD:
        weight = -1.0 if feeds_itself(findings, service) else -3.0  # a storm outlives what began it
        clues.append(Clue(weight, f"{service} is kept from running {motion.held:.0%} of the time", ("state",)))
    if findings.exits(service):
        clues.append(Clue(-3.0, f"processes of {service} ended", ("events",)))
    return clues


def _patience(findings: Findings, service: str) -> float:
    """Return how long the least patient caller waits for `service` [s]."""
    found = []
    for caller in findings.topology.callers(service):
        state = findings.state.services.get(caller)
        policy = state.policies.get(f"{caller}->{service}") if state is not None else None
        if isinstance(policy, Mapping):
            found.append(float(policy.get("timeout", EdgePolicy().timeout)))
        elif isinstance(policy, EdgePolicy):
            found.append(policy.timeout)
    return min(found, default=EdgePolicy().timeout)


def _above(findings: Findings, service: str) -> set[str]:
    found: set[str] = set()
    waiting = [service]
    while waiting:
        for caller in findings.topology.callers(waiting.pop()):
            if caller not in found:
                found.add(caller)
                waiting.append(caller)
    return found
