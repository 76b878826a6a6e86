"""From an episode's record and grades to what its page shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from telic.lab.grading import alarms, users
from telic.lab.grading.grades import Grades
from telic.lab.runs.graded import Graded
from telic.lab.session import Called, Episode
from telic.model import Incident, Window
from telic.report import words
from telic.report.lab.record import EpisodeView, Step, Task

SHORT = 160  # letters of arguments that a line shows [1]


def episode_view(found: Graded) -> EpisodeView:
    """Return what the page of an episode shows."""
    one, grades = found.episode, found.grades
    times = {"detect": grades.to_detect, "localise": grades.to_localise, "mitigate": grades.to_mitigate}
    well = users.well_since(one)
    return EpisodeView(
        name=one.name,
        scenario=one.scenario.name,
        app=one.scenario.app,
        actor=one.actor,
        world=one.world,
        seed=one.seed,
        repeat=one.repeat,
        began=users.began(one),
        ended=one.ended,
        phases=one.phases,
        users=one.users,
        promises=tuple(f"{each.id}: {each.says}" for each in one.brief.promises),
        void=grades.void,
        tasks=tuple(Task(name, each.passed, each.why, times.get(name)) for name, each in grades.tasks.items()),
        claims=_claims(one),
        facts=_facts(grades),
        steps=tuple(sorted(_steps(one), key=lambda each: each.time)),
        harm=None if grades.harm_began is None or well is None else Window(grades.harm_began, well),
        truth=tuple(sorted(_truth(one), key=lambda each: each.time)),
        wrong=_wrong(one),
        checks=tuple(_checks(one)),
        hashes={"scenario": one.scenario_hash, **one.hashes, "telic": one.telic},
    )


def _facts(grades: Grades) -> dict[str, str]:
    share = f" ({grades.bad / grades.asked:.1%})" if grades.asked else ""
    harmed = "nobody was there" if not grades.asked else f"{grades.bad:,} of {grades.asked:,} requests bad{share}"
    facts = {"Users": f"{harmed}; error budget burnt: {words.seconds(grades.budget_burnt)} of full outage"}
    if grades.harm_by_actor is not None:
        facts["Harm by the actor"] = f"{grades.harm_by_actor:,} bad requests beyond those when nobody acts"
    refused = grades.attempts - grades.interventions
    touched = f" on {', '.join(grades.touched)}" if grades.touched else ""
    facts["Actions"] = f"{grades.interventions} carried out{touched}" + (f", {refused} refused" if refused > 0 else "")
    facts["False alarms"] = "; ".join(grades.false_alarms) or "none"
    cost = grades.cost
    facts["Cost"] = f"{cost.calls} calls in {words.seconds(cost.seconds)}, {cost.bytes:,} bytes of answers"
    if cost.tokens or cost.money:
        facts["Cost"] += f", {cost.tokens:,} tokens, {cost.money:.3f} USD"
    return facts


def _claims(one: Episode) -> dict[str, str]:
    said = one.claims
    if said.submitted is None:
        return {}
    found = {"All is well": {True: "yes", False: "no", None: "not said"}[said.healthy]}
    found |= {"Place": said.entity or "not said", "Mechanism": said.mechanism or "not said"}
    if said.onset is not None:
        found["Since"] = _offset(one, said.onset)
    if said.path:
        found["Way to users"] = " \u2192 ".join(said.path)
    for number, each in enumerate(said.evidence, 1):
        holds = {True: "holds", False: "does not hold", None: "not asked"}[each.holds]
        found[f"Evidence {number}"] = f"{each.says or 'no words'}: {each.query} ({holds})"
    found["Last said"] = _offset(one, said.submitted)
    return found


def _offset(one: Episode, moment: float) -> str:
    start = min((float(each.second) for each in one.users), default=users.began(one))
    try:
        return words.offset(moment, start)
    except (ValueError, OverflowError):  # an actor may claim any number
        return str(moment)


def _steps(one: Episode) -> Iterator[Step]:
    for incident in one.incidents:  # what was seen and done comes before the call that tells of it at the same time
        yield from _incident(incident)
    for action in one.actions:
        when = action.applied or action.planned
        text = f"{action.action}: {words.OUTCOMES[action.outcome]}"
        checks = "; ".join((*action.checks, *filter(None, (action.health,))))
        yield Step(when, "system", text, checks, "action" if action.applied else "refused")
    for thought in one.thoughts:
        yield Step(thought.time, "actor", f"\u201c{_short(thought.text)}\u201d", _rest(thought.text))
    writing = alarms.writing(one)
    for call in one.calls:
        yield _call(call, call.tool in writing)


def _call(call: Called, writes: bool) -> Step:
    arguments = json.dumps(call.arguments, ensure_ascii=False, default=str) if call.arguments else ""
    whole = f"{call.tool} {arguments}".rstrip()
    text = _short(whole)
    answer = f"{call.rows} rows, " if call.rows else ""
    text += f" \u2192 {call.error or f'{answer}{call.bytes:,} bytes'}, {words.seconds(call.seconds)}"
    right, wrong = (
        ("claim", "failed") if call.tool == "submit" else ("action", "refused") if writes else ("call", "failed")
    )
    kind = wrong if call.error else right
    return Step(call.time, "actor", text, _rest(whole), kind)  # type: ignore[arg-type]


def _short(text: str) -> str:
    """Return a line of a text."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}\u2026"


def _rest(text: str) -> str:
    """Return the whole text where a line does not hold it."""
    return text if len(text) > SHORT else ""


def _incident(incident: Incident) -> Iterator[Step]:
    for each in incident.symptoms:
        says = f"detected {each.signal} against {each.objective}: {each.bad} of {each.total} bad"
        yield Step(each.detected, "actor", says)
    for found in incident.diagnoses:
        first = found.hypotheses[0] if found.hypotheses and not found.abstained else None
        says = f"blames {first.mechanism} in {first.entity}. {first.why}" if first else "cause unknown"
        yield Step(found.time, "actor", says)
    if incident.resolved:
        yield Step(incident.resolved, "actor", "sees users well from here on")


def _truth(one: Episode) -> Iterator[Step]:
    for each in one.truth:
        yield Step(each.injected, "lab", f"{each.fault}: {each.mechanism} in {each.entity}", each.change, "action")
        if each.healed:
            yield Step(each.healed, "lab", f"{each.fault} gone")
    for noise in one.noise:
        yield Step(noise.time, "lab", f"{noise.kind} at {noise.entity}", noise.change)


def _wrong(one: Episode) -> str:
    names = " and ".join(f"{each.mechanism} in {each.entity}" for each in one.truth)
    if not names:
        return "Nothing was wrong." if one.scenario.healthy else "The fault was never injected."
    return f"{names}, gone by itself: nothing had to be done." if one.scenario.healthy else f"{names}."


def _checks(one: Episode) -> Iterator[tuple[str, str]]:
    answers: Mapping[bool | None, str] = {True: "holds", False: "fails", None: "not asked"}
    for each in (*one.post.conditions, *one.post.invariants):
        yield f"{each.id} {each.says}".strip(), answers[each.holds]
    for taken in one.post.collateral:
        yield f"taken away: {taken}", "fails"
    for left in one.post.residue:
        yield f"left of the fault: {left}", "fails"
