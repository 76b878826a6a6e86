"""The whole way: events, KPIs, questions, judgement, record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import TypeVar

import numpy as np

from telic import __version__
from telic.errors import UsageError
from telic.opportunities import figures, words
from telic.opportunities.apply import LEAST, chosen
from telic.opportunities.ask import Ask, Progress, timed, unheard
from telic.opportunities.details import Details
from telic.opportunities.events import events_of, guesses, shown
from telic.opportunities.language.tree import Kpi as Asked
from telic.opportunities.model import Exclusion, Finding, Outcome, Prepared, Surfaced, Value
from telic.opportunities.plan import Table
from telic.opportunities.questions import Questions, questions
from telic.opportunities.read import Columns
from telic.opportunities.read.databases import unsigned
from telic.opportunities.record import Guess, Kpi, Run, key_of
from telic.opportunities.share import Signature
from telic.registry import near_names

_SECOND = 1e9  # [ns]
T = TypeVar("T")


def find(
    ask: Ask, *, progress: Progress = unheard, signature: tuple[Signature, Mapping[str, str]] | None = None
) -> Run:
    """Find what quietly costs users.

    Parameters
    ----------
    ask
        Source, KPIs, and how to ask.
    progress
        Is told stage and share, often.
    signature
        Somebody else's finding, and what its names are called here: then nothing else is asked.

    Returns
    -------
    Run
        Also where nothing was found.

    Raises
    ------
    UsageError
        A source, column, KPI, template or setting that cannot be; the message has the place.
    """
    if (ask.wish or ask.model_key) and not ask.model:
        what = "a wish is told to" if ask.wish else "a key is for"
        raise UsageError(f"{what} a language model, and none is named", hint="--model URL#NAME")
    heard, seconds = timed(progress)
    prepared, read, taken = events_of(ask, heard)
    run = judged(ask, prepared, heard, table=read.table, taken=taken, signature=signature)
    columns = guesses(taken)
    if read.why and any(each.hypothesis.sql for each in run.surfaced.findings):
        heard("events for SQL", 0.0)
        read.write()
        columns += (Guess("sql", str(read.file), f"the prepared events, which SQL reads: {read.why}"),)
    heard("", 1.0)
    surfaced = replace(run.surfaced, seconds=dict(seconds))
    return replace(run, surfaced=surfaced, columns=columns)


def judged(
    ask: Ask,
    prepared: Prepared,
    heard: Progress = unheard,
    *,
    table: Table | None = None,
    taken: Columns | None = None,
    signature: tuple[Signature, Mapping[str, str]] | None = None,
) -> Run:
    """Ask everything of prepared events, and judge it.

    Parameters
    ----------
    table
        What the events are called in the SQL of hypotheses.
    taken
        What columns were taken for; errors about KPIs then say it.
    signature
        Somebody else's finding, and what its names are called here: then nothing else is asked.
    """
    from telic.opportunities.judge import surface
    from telic.opportunities.judging import Judging
    from telic.opportunities.language import file
    from telic.opportunities.sampling import drawn, of_all
    from telic.opportunities.template import Asking

    stated = file.read(ask.hypotheses) if ask.hypotheses else file.Document()
    judging = setting(Judging, ask.judging)
    sample = drawn(prepared, ask.sample, judging.seed) if ask.sample != 1.0 else None
    prepared = sample.prepared if sample else prepared
    heard("KPIs", 0.0)
    with shown(taken):
        outcomes = outcomes_of([*ask.kpis, *stated.kpis], prepared)
    heard("questions", 0.0)
    if signature is None:
        asking = Asking(least=judging.least_groups(prepared), threads=judging.threads, table=table or Table())
        asked = questions(ask, stated, prepared, asking, heard)
    else:
        asking = Asking(least=LEAST, threads=judging.threads, table=table or Table())
        asked = Questions((chosen(signature[0], prepared, asking, rename=signature[1]),), (), {})
        judging = replace(judging, least=LEAST)
    with shown(taken):
        found = surface(
            prepared, outcomes, asked.families, judging, progress=lambda stage, share: heard(f"judge: {stage}", share)
        )
    found = of_all(found, sample, asked.families) if sample else found
    heard("details", 0.0)
    return recorded(ask, prepared, outcomes, asked, found)


def recorded(
    ask: Ask,
    prepared: Prepared,
    outcomes: Sequence[Outcome],
    asked: Questions,
    found: Surfaced,
) -> Run:
    """Return the record of a run: sentences, courses and stories of what was found."""
    kpis = tuple(kpi_of(each) for each in outcomes)
    by_name = {each.name: each for each in kpis}
    told = tuple(
        replace(each, sentence=words.sentence(each, by_name[each.outcome], prepared.grouping))
        for each in found.findings
    )
    details = Details(prepared, outcomes, asked.families)
    also = [each for outcome in outcomes for each in outcome.exclusions]
    told_twice = {f"{each.name} is undefined for them" for each in outcomes if each.exclusions}
    judged_out = [each for each in found.exclusions if each.why not in told_twice]
    left = merged((*prepared.exclusions, *also, *asked.exclusions, *judged_out))
    return Run(
        id=_digest(ask, prepared, kpis),
        source=unsigned(ask.source),
        grouping=prepared.grouping,
        kpis=kpis,
        surfaced=replace(found, findings=tuple(_unplaced(each) for each in told), exclusions=left),
        started=float(np.min(prepared.at)) / _SECOND,
        ended=float(np.max(prepared.at)) / _SECOND,
        details={key_of(each): details.of(each) for each in told},
        settings=found.record,
        regions=asked.learned([each.hypothesis for each in told]),
        command=unsigned(ask.command),
        version=__version__,
    )


def outcomes_of(kpis: Sequence[str | Asked], prepared: Prepared) -> list[Outcome]:
    """Return the KPIs of all groups.

    Raises
    ------
    UsageError
        One cannot be asked, or two have one name.
    """
    from telic.opportunities.language import Events, kpi

    if not kpis:
        from telic.opportunities.generate.kpis import suggested

        some = "  or  ".join(f'--kpi "{each}"' for each in suggested(prepared))
        events_there = ", ".join(repr(each) for each in prepared.names.labels[:12])
        attributes = ", ".join((*prepared.of_groups, *prepared.of_events, *prepared.numbers)) or "none"
        said = f"no KPI is asked about; a {prepared.grouping} has events ({events_there}) and attributes ({attributes})"
        none = f"nothing here differs between {figures.plural(prepared.grouping)}: is --column group=COLUMN right?"
        raise UsageError(said, hint=f"these could be asked: {some}" if some else none)
    events = Events(prepared)
    found = [kpi(each, events) for each in kpis]
    names = [each.name for each in found]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two KPIs are called {name!r}", hint="write NAME: before each")
    return found


def kpi_of(outcome: Outcome) -> Kpi:
    """Return what a record says of a KPI."""
    known = outcome.values[~np.isnan(outcome.values)]
    mean = float(known.mean()) if len(known) else float("nan")
    left = len(outcome.values) - len(known)
    return Kpi(
        *(outcome.name, outcome.text, outcome.harm, outcome.binary, len(known), left, mean, outcome.why),
        unit=outcome.unit,
        sums=outcome.sums,
    )


def merged(exclusions: Iterable[Exclusion]) -> tuple[Exclusion, ...]:
    """Return exclusions with those of the same reason put together; each is counted once."""
    found: dict[tuple[str, str], Exclusion] = {}
    for each in dict.fromkeys(exclusions):
        before = found.get((each.what, each.why))
        found[each.what, each.why] = (
            each
            if before is None
            else Exclusion(each.what, before.count + each.count, each.why, (*before.examples, *each.examples))
        )
    return tuple(found.values())


def setting(kind: type[T], given: Mapping[str, Value | tuple[str, ...]]) -> T:
    """Return settings with some of them given.

    Raises
    ------
    UsageError
        No such setting, or one of another type.
    """
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    values: dict[str, object] = {}
    for name, value in given.items():
        if name not in known:
            raise UsageError(f"the judge has no setting {name!r}", hint=near_names(name, known))
        wanted = {"int": int, "float": float, "str": str}[str(known[name].type)]
        try:
            values[name] = wanted(value)
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"setting {name} is {value!r}, which is no {known[name].type}", hint="such as 1"
            ) from error
    return kind(**values)


def _unplaced(finding: Finding) -> Finding:
    return replace(finding, place=(-1, -1))


def _digest(ask: Ask, prepared: Prepared, kpis: Sequence[Kpi]) -> str:
    """Return the name of a run: of what was asked of which events."""
    content = hashlib.sha256()
    for each in (prepared.at, prepared.names.codes, prepared.offsets):
        array = np.asarray(each)
        step = max(1, len(array) // 4096)
        content.update(f"{len(array)}".encode() + np.ascontiguousarray(array[::step]).tobytes())
    asked = [ask.by, [each.text for each in kpis], ask.templates, ask.skip, ask.budget, sorted(ask.judging.items())]
    content.update(
        json.dumps(
            [*asked, ask.hypotheses, ask.wish, ask.model, [str(path) for path in ask.earlier]], default=str
        ).encode()
    )
    return content.hexdigest()[:10]
