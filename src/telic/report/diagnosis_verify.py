"""Ask again what a report claims: its evidence of the same data, its sentences of the diagnosis made once more."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Literal

from telic.errors import TelicError
from telic.model import Diagnosis, Evidence, Store, Topology, plain
from telic.model.account import Account, Claim, CodeLine
from telic.tools.evidence import again, digest

Verdict = Literal["holds", "changed", "altered", "failed", "not asked", "no evidence"]

MEANS = (
    "holds: the data give the same answers to its queries, and diagnosing them again says the same in the same words; "
    "that the cause is right is not proven by this"
)
_NAMES = {
    "diagnosis": "causes",
    "steps": "next steps",
    "levels": "charts",
    "requests": "critical path",
    "topology": "who calls whom",
}
_ELSEWHERE = ("source", "claims", "evidence", "code", "given", "telic")  # checked by themselves, or what was asked
_NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Checked:
    """One claim, asked again.

    Parameters
    ----------
    verdict
        ``holds``: every query returned what it returned then, and the diagnosis made again says the same with the
        same weight; ``changed``: a query returned something else; ``altered``: the diagnosis made again says
        something else; ``failed``: a query could not be asked; ``not asked``: whom to ask was not named; ``no
        evidence``: the diagnosis made again says the same, but no query shows it.
    note
        What is different, or why it could not be asked.
    """

    id: str
    says: str
    verdict: Verdict
    evidence: tuple[str, ...] = ()
    note: str = ""


def code_checked(account: Account, again: Callable[[CodeLine], str] | None) -> list[Checked]:
    """Check the failing lines of `account` in their repository.

    Parameters
    ----------
    again
        Asks again about one line and returns what differs; None: no repository was named, so that they stand
        unchecked.
    """
    return [_line(each, again) for each in account.code]


def _line(line: CodeLine, again: Callable[[CodeLine], str] | None) -> Checked:
    written = f" was written in {line.commit[:12]}: {line.summary}" if line.commit else " is printed there"
    id_, says = f"code {line.path}:{line.line}", f"{line.failure}{written}"
    if again is None:
        return Checked(id_, says, "not asked", note="no repository is named: give --code FOLDER")
    try:
        different = again(line)
    except TelicError as error:
        return Checked(id_, says, "failed", note=str(error))
    return Checked(id_, says, "changed" if different else "holds", note=different)


def face_checked(name: str, same: bool) -> list[Checked]:
    """Return what is wrong with the page or the Markdown called `name`: nothing where its JSON is written as it."""
    note = f"{name} does not say what the JSON beside it says: it was changed, or written by another version of Telic"
    return [] if same else [Checked(name, "", "altered", note=note)]


def verify(account: Account, store: Store, topology: Topology, rebuilt: Account) -> list[Checked]:
    """Ask every claim of `account` again, and compare everything that it says with the same diagnosis made again.

    Parameters
    ----------
    account
        As it was read from the report's JSON.
    store, topology
        The telemetry that it was made from, and who calls whom: a path without a query of its own lies in it.
    rebuilt
        What diagnosing the same recording says now, without secrets.
    """
    pages = {each.id: _page(each, store) for each in account.evidence}
    found = [
        _on_the_way(each, account, topology)
        if each.about == "path" and not each.evidence
        else _claim(each.id, each.says, each.evidence, pages)
        for each in account.claims
    ]
    blamed = _blamed(account, rebuilt, pages)
    found = [_compared(*each, rebuilt, account, blamed) for each in zip(found, account.claims, strict=True)]
    told = {each.id for each in account.claims}
    found += [
        Checked(each.id, each.says, "altered", note=f"claim {each.id} {blamed('was taken out')}: {each.says}")
        for each in rebuilt.claims
        if each.id not in told
    ]
    found += [
        _claim(f"{each.entity} {each.name}", "chart", (each.evidence,), pages)
        for each in account.levels
        if each.evidence
    ]
    return [*found, *_uncited(account, rebuilt, pages, blamed), *_rest(account, rebuilt, blamed)]


def _blamed(account: Account, rebuilt: Account, pages: dict[str, tuple[Verdict, str]]) -> Callable[[str], str]:
    """Return how to say of something that it is not what diagnosing again says: only what is known of why."""
    if any(verdict != "holds" for verdict, _ in pages.values()):
        return lambda what: f"{what}, or the data changed"
    if account.telic != rebuilt.telic:
        return lambda what: (
            f"{what}, or version {account.telic or 'unknown'} of Telic, which wrote it, says it otherwise"
        )
    return lambda what: f"{what} after it was written"


def _compared(
    checked: Checked, claim: Claim, rebuilt: Account, account: Account, blamed: Callable[[str], str]
) -> Checked:
    """Return `checked`, or that diagnosing again says something else."""
    if checked.verdict not in ("holds", "no evidence"):
        return checked
    other = next((each for each in rebuilt.claims if each.id == claim.id), None)
    different = _different(claim, other, account, rebuilt)
    if different:
        note = f"claim {claim.id} {blamed('was changed')}: {different}"
        return replace(checked, verdict="altered", note=note)
    if checked.verdict == "no evidence":
        return replace(checked, note=f"{claim.id} has no evidence of its own: {claim.says}")
    return checked


def _different(claim: Claim, other: Claim | None, account: Account, rebuilt: Account) -> str:
    if other is None:
        return "diagnosing again makes no such claim"
    if (claim.says, claim.about) != (other.says, other.about):
        return f"diagnosing again says: {other.says}"
    if not math.isclose(claim.strength, other.strength, rel_tol=1e-6, abs_tol=1e-9):
        return f"diagnosing again gives it {other.strength:+.1f}, not {claim.strength:+.1f}"
    if claim.evidence != other.evidence:
        return f"diagnosing again cites {', '.join(other.evidence) or 'nothing'}"
    apart = [each for each in claim.evidence if not _same_page(each, account, rebuilt)]
    return f"diagnosing again asks or finds something else for {', '.join(apart)}" if apart else ""


def _same_page(id_: str, account: Account, rebuilt: Account) -> bool:
    one, other = (next((each for each in made.evidence if each.id == id_), None) for made in (account, rebuilt))
    return one is not None and other is not None and _written(one) == _written(other)


def _written(page: Evidence) -> Evidence:
    """Return a page with its numbers rounded: the last digits of a sum depend on the order of adding."""
    return replace(page, result=_NUMBER.sub(lambda found: f"{float(found.group()):.9g}", page.result))


def _uncited(
    account: Account, rebuilt: Account, pages: dict[str, tuple[Verdict, str]], blamed: Callable[[str], str]
) -> Iterable[Checked]:
    """Pages that carry no claim, such as those of rivals, where something is wrong with them."""
    cited = {id_ for each in account.claims for id_ in each.evidence} | {each.evidence for each in account.levels}
    for page in account.evidence:
        verdict, note = pages[page.id]
        if page.id not in cited and verdict != "holds":
            yield Checked(page.id, page.says, verdict, (page.id,), note)
        elif page.id not in cited and not _same_page(page.id, account, rebuilt):
            yield Checked(page.id, page.says, "altered", (page.id,), f"evidence {page.id} {blamed('was changed')}")


def _rest(account: Account, rebuilt: Account, blamed: Callable[[str], str]) -> list[Checked]:
    """Compare what is no claim: headline, causes, rivals, timeline, next steps, charts, ..."""
    names = [each.name for each in fields(Account) if each.name not in _ELSEWHERE]
    apart = [each for each in names if _part(account, each) != _part(rebuilt, each)]
    if apart:
        words = [_NAMES.get(each, each) for each in apart]
        return [Checked(each, "", "altered", note=f"{each}: {blamed('was changed')}") for each in words]
    return [Checked("the rest", "headline, causes, rivals, timeline, next steps, numbers of charts", "holds")]


def _part(account: Account, name: str) -> str:
    part = getattr(account, name)
    if isinstance(part, Diagnosis):
        part = replace(part, seconds=0.0)
    return digest([plain(part)])


def _on_the_way(claim: Claim, account: Account, topology: Topology) -> Checked:
    path = account.diagnosis.hypotheses[0].path if account.diagnosis.hypotheses else ()
    known = {frozenset((each.caller, each.callee)) for each in topology.edges}
    apart = [f"{one} and {other}" for one, other in pairwise(path) if frozenset((one, other)) not in known]
    note = f"nothing says that {', '.join(apart)} call each other" if apart else ""
    return Checked(claim.id, claim.says, "changed" if apart else "holds", note=note)


def _page(evidence: Evidence, store: Store) -> tuple[Verdict, str]:
    try:
        _, same = again(evidence, store)
    except TelicError as error:
        return "failed", f"{evidence.id}: {error}"
    return ("holds", "") if same else ("changed", f"{evidence.id} returns something else now")


def _claim(id_: str, says: str, evidence: Sequence[str], pages: dict[str, tuple[Verdict, str]]) -> Checked:
    asked = [pages.get(each, ("failed", f"{each} is not in the report")) for each in evidence]
    worst = next((each for kind in ("failed", "changed") for each in asked if each[0] == kind), None)
    if worst is not None:
        return Checked(id_, says, worst[0], tuple(evidence), worst[1])
    return Checked(id_, says, "holds" if asked else "no evidence", tuple(evidence))
