"""Whether an episode says anything about its actor, and whether it was the machine that spoilt it."""

from __future__ import annotations

from telic.lab.grading import alarms, users
from telic.lab.session import Episode
from telic.model.goodput import WELL

SHELL = "exec_shell"
AFTER = 2  # a command, what it left to do is felt for so long [s]


def void(episode: Episode) -> str:
    """Say why the episode says nothing about its actor; what the actor did itself never makes it void."""
    if episode.world == "recorded" and not episode.users:
        return ""  # what users got was not recorded; what was wrong is known all the same
    if users.well_before(episode) is None:
        return "there was no load in the healthy baseline"
    if not episode.scenario.healthy and users.injected(episode) is None:
        return "the fault was never injected"
    if spoilt := disturbed(episode):
        return spoilt
    if not episode.scenario.healthy and users.harm_began(episode) is None and _acted(episode) == float("inf"):
        return "the fault reached no user and nobody acted"
    return ""


def disturbed(episode: Episode) -> str:
    """Say what harmed users that neither the scenario nor the actor had a hand in: others on the same machine.

    An alarm about such harm is no false one, and silence no virtue, so that another try may say more.
    """
    well, acted = users.well_before(episode), _acted(episode)
    if well is not None and well < WELL and acted >= episode.phases["baseline"].end:
        return f"users were not well before the fault: {well:.0%} good answers"
    if not episode.scenario.healthy or "recovery" not in episode.phases:
        return ""
    calm = users.began(episode) if not episode.truth else episode.phases["recovery"].start
    harmed = {each.second for each in episode.users if each.harmed and calm <= each.second < acted}
    harmed -= _at_a_shell(episode)
    if harmed and alarms.first_false(episode) <= min(harmed):
        return ""  # it was said before there was anything to be said
    return f"users were harmed in {len(harmed)} s although nothing was wrong" if len(harmed) >= users.UNREST else ""


def _at_a_shell(episode: Episode) -> set[int]:
    """Return the seconds in which a command of the actor's may have taken the machine's processors."""
    calls = [each for each in episode.calls if each.tool == SHELL]
    return {second for each in calls for second in range(int(each.time), int(each.time + each.seconds) + AFTER + 1)}


def _acted(episode: Episode) -> float:
    """Return the first attempt to change the system [s since the Unix epoch]; infinity without one."""
    calls = [each.time for each in episode.calls if each.tool in alarms.writing(episode)]
    return min([*calls, *(each.applied or each.planned for each in episode.actions)], default=float("inf"))
