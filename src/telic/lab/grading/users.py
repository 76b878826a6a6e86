"""What users got in an episode, by the load generator's own record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from telic.lab.session import Episode
from telic.lab.session.record import LIVE
from telic.model import Tally, Truth, Window, user_harm
from telic.model.goodput import goodput

LOAD_KEPT = 0.5  # of the baseline's rate has to arrive in the recovery window under constant load [1]
LOAD_KEPT_SHAPED = 0.2  # the same where the load's shape moves the rate by itself [1]
UNREST = 2  # seconds of harm from which on it is more than a breath of the machine that a live world shares [s]
TAIL = 5.0  # of a record without a recovery window that says how users go on [s]
EARLIER = 2.0  # users were well before a fault went by itself: in two whole seconds none was harmed [s]
EXPECTED = 10.0  # requests of an operation in the recovery window; from then on its absence is no chance [1]


def injected(episode: Episode) -> float | None:
    """Return when the first fault came into force [s since the Unix epoch]; None without one."""
    return min((each.injected for each in episode.truth), default=None)


def began(episode: Episode) -> float:
    """Return when the actor could first do something [s since the Unix epoch]."""
    return episode.brief.began or episode.phases["baseline"].start


def since(episode: Episode) -> float:
    """Return from when on users count: the fault, or the session's start without one [s since the Unix epoch]."""
    moment = injected(episode)
    return began(episode) if moment is None else moment


def after(episode: Episode) -> list[Tally]:
    """Return the seconds that count."""
    start = since(episode)
    return [each for each in episode.users if each.second + 1 > start]


def harm_began(episode: Episode) -> float | None:
    """Return the first second of user harm since the fault [s since the Unix epoch]; None without harm."""
    return user_harm(episode.users, since=since(episode))


def well_since(episode: Episode) -> float | None:
    """Return the end of the last second of harm [s since the Unix epoch]; None without harm."""
    last = max((each.second for each in after(episode) if each.harmed), default=None)
    return None if last is None else last + 1.0


def mended_early(episode: Episode) -> bool:
    """Whether what would have gone by itself was put right before.

    Somebody acted no later than a second after the last second of harm, and that ended `EARLIER` before the fault did.
    """
    return any(_mended(episode, each) for each in episode.truth if each.healed is not None)


def _mended(episode: Episode, truth: Truth) -> bool:
    healed = truth.healed or 0.0
    harm = [each.second + 1 for each in episode.users if each.harmed and truth.injected < each.second + 1 <= healed + 1]
    acted = [each.applied for each in episode.actions if truth.injected <= (each.applied or 0.0) < healed]
    return bool(harm and acted) and min(acted) <= max(harm) + 1 and max(harm) <= healed - EARLIER


def outage(tallies: Iterable[Tally]) -> float:
    """Return bad requests as seconds of full outage [s].

    Examples
    --------
    >>> outage([Tally(7, "F1", 50, 50), Tally(8, "F1", 0, 10)])
    1.5
    """
    return sum(1.0 - each.share for each in goodput(tallies))


def budget_burnt(episode: Episode) -> float:
    """Return the error budget used until the longest that the episode could have lasted, in seconds of full outage [s].

    Where the record ends sooner, users are taken to go on as they did in the recovery window: who gives up early does
    not save budget.
    """
    felt, phases = after(episode), episode.scenario.phases
    start = since(episode)
    horizon = start + phases.hold + phases.recovery
    end = max((each.second + 1.0 for each in felt), default=start)
    late = inside(felt, episode.phases["recovery"]) if "recovery" in episode.phases else []
    late = late or [each for each in felt if each.second >= end - TAIL]
    seconds = len({each.second for each in late})
    going_on = outage(late) / seconds if seconds and episode.truth else 0.0
    return outage(each for each in felt if each.second < horizon) + going_on * max(0.0, horizon - end)


def inside(tallies: Iterable[Tally], window: Window) -> list[Tally]:
    """Return the whole seconds inside `window`."""
    return [each for each in tallies if window.start <= each.second and each.second + 1 <= window.end]


def requests(tallies: Iterable[Tally]) -> int:
    """Return how many requests users meant to send [1]."""
    return sum(each.good + each.bad for each in tallies)


def harmed_seconds(episode: Episode, tallies: Iterable[Tally]) -> int:
    """Return in how many seconds users were harmed [1].

    A live world shares its machine: right answers that come late in a single second are no one's fault there.
    """
    harm = [each for each in tallies if each.harmed]
    seconds = len({each.second for each in harm})
    breath = episode.world in LIVE and seconds < UNREST and all(each.late == each.bad for each in harm)
    return 0 if breath else seconds


def unwell(episode: Episode, window: Window) -> str:
    """Say why users were not well throughout `window`; "" where they were."""
    seen = inside(episode.users, window)
    if not seen:
        return "nobody was there to be served"
    seconds = harmed_seconds(episode, seen)
    return f"users were harmed in {seconds} s of the recovery window" if seconds else ""


def unloaded(episode: Episode) -> str:
    """Say how load fell away in the recovery window; "" where it went on."""
    baseline, recovery = episode.phases["baseline"], episode.phases["recovery"]
    before, late = inside(episode.users, baseline), inside(episode.users, recovery)
    if not before or not late:
        return "there is no load to compare"
    length = len({each.second for each in late}) / len({each.second for each in before})
    kept = LOAD_KEPT if episode.scenario.workload.shape == "constant" else LOAD_KEPT_SHAPED
    silent = range(round(recovery.start + 0.5), int(recovery.end))
    if any(not requests(inside(late, Window(at, at + 2))) for at in silent if at + 2 <= recovery.end):
        return "load stopped for 2 s or more in the recovery window"
    if requests(late) < kept * length * requests(before):
        return f"load fell from {requests(before)} to {requests(late) / length:.0f} requests in as many seconds"
    usual, seen = (Counter({each.operation: 0 for each in part}) for part in (before, late))
    for count, part in ((usual, before), (seen, late)):
        for each in part:
            count[each.operation] += each.good + each.bad
    gone = [name for name, number in usual.items() if number * length * kept >= EXPECTED and not seen[name]]
    return f"nobody asks for {', '.join(sorted(gone))} any more" if gone else ""


def well_before(episode: Episode) -> float | None:
    """Return the share of good answers in the healthy baseline [1]; None without load."""
    seen = inside(episode.users, episode.phases["baseline"])
    asked = requests(seen)
    return sum(each.good for each in seen) / asked if asked else None
