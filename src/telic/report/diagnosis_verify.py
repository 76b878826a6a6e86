"""Ask again what a report claims: every page of evidence against the same data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from telic.errors import TelicError
from telic.model import Evidence, Store, Topology
from telic.model.account import Account, Claim, CodeLine
from telic.tools.evidence import again

Verdict = Literal["holds", "changed", "failed", "not asked", "no evidence"]


@dataclass(frozen=True)
class Checked:
    """One claim, asked again.

    Parameters
    ----------
    verdict
        ``holds``: every query returned what it returned then; ``changed``: one did not; ``failed``: one could not be
        asked; ``not asked``: whom to ask was not named; ``no evidence``: the claim joins others or is about the
        change record alone.
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
    id_, says = f"code {line.path}:{line.line}", f"{line.failure} was written in {line.commit[:12]}: {line.summary}"
    if again is None:
        return Checked(id_, says, "not asked", note="no repository is named: give --code FOLDER")
    try:
        different = again(line)
    except TelicError as error:
        return Checked(id_, says, "failed", note=str(error))
    return Checked(id_, says, "changed" if different else "holds", note=different)


def verify(account: Account, store: Store, topology: Topology) -> list[Checked]:
    """Ask every claim of `account` again.

    Parameters
    ----------
    account
        As it was read from the report's JSON.
    store, topology
        The telemetry that it was made from, and who calls whom: a path without a query of its own lies in it.
    """
    pages = {each.id: _page(each, store) for each in account.evidence}
    found = [
        _on_the_way(each, account, topology)
        if each.about == "path" and not each.evidence
        else _claim(each.id, each.says, each.evidence, pages)
        for each in account.claims
    ]
    found += [
        _claim(f"{each.entity} {each.name}", "chart", (each.evidence,), pages)
        for each in account.levels
        if each.evidence
    ]
    return found


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
