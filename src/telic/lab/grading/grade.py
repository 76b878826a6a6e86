"""From the record of an episode to its grades: pure, no world, no language model."""

from __future__ import annotations

from telic.lab.grading import alarms, claims, mitigation, soundness, users
from telic.lab.grading.grades import NOT_ASKED, Grades, Judged
from telic.lab.session import Episode


def grade(episode: Episode, counterfactual: Episode | None = None) -> Grades:
    """Grade one episode.

    Parameters
    ----------
    episode
        The record.
    counterfactual
        The same scenario under the same seed when nobody acted; what the actor did to users is counted against it.

    Examples
    --------
    The grades of every record of a run: ``[grade(each) for each in telic.lab.runs.episodes(folder)]``.
    """
    void, false = soundness.void(episode), alarms.false_alarms(episode)
    felt = users.after(episode)
    harm, well = users.harm_began(episode), users.well_since(episode)
    said = (
        None if episode.scenario.healthy else claims.claimed_at(episode.claims, "healthy")
    )  # all is well finds nothing
    detect = _asked(episode, "detect", void, claims.detect(episode, false))
    localise = _asked(episode, "localise", void, claims.localise(episode))
    mitigated = _asked(episode, "mitigate", void, mitigation.mitigate(episode))
    carried_out = mitigation.applied(episode)
    attempts = max(
        sum(call.tool in alarms.writing(episode) for call in episode.calls),
        sum(each.outcome != "planned" for each in episode.actions),
    )
    return Grades(
        detect=detect,
        localise=localise,
        explain=_asked(episode, "explain", void, claims.explain(episode)),
        mitigate=mitigated,
        predict=_asked(episode, "predict", void, claims.predict(episode)),
        void=void,
        negative=episode.scenario.healthy,
        harm_began=harm,
        to_detect=_from(harm, said, detect),
        to_localise=_from(harm, claims.claimed_at(episode.claims, "entity"), localise),
        to_mitigate=_from(harm, well, mitigated),
        budget_burnt=users.budget_burnt(episode),
        bad=sum(each.bad for each in felt),
        asked=users.requests(felt),
        harm_by_actor=None if counterfactual is None else harm_by_actor(episode, counterfactual),
        false_alarms=false,
        interventions=len(carried_out),
        attempts=attempts,
        touched=tuple(sorted({each.action.target for each in carried_out})),
        cost=episode.cost,
    )


def harm_by_actor(episode: Episode, nobody: Episode) -> int:
    """Return the bad requests above those when nobody acted, over the stretch that both records have [1]."""
    start = max(users.began(each) - users.since(each) for each in (episode, nobody))
    end = min(
        max((tally.second + 1 for tally in each.users), default=0) - users.since(each) for each in (episode, nobody)
    )

    def bad(one: Episode) -> int:
        return sum(each.bad for each in one.users if start <= each.second - users.since(one) < end)

    return max(0, bad(episode) - bad(nobody))


def _asked(episode: Episode, task: str, void: str, judged: Judged) -> Judged:
    if task not in episode.scenario.tasks:
        return Judged(None, NOT_ASKED)
    return Judged(None, void) if void else judged


def _from(harm: float | None, moment: float | None, judged: Judged) -> float | None:
    if harm is None or moment is None or not judged.passed:
        return None
    return max(0.0, moment - harm)
