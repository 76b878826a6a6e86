"""What the diagnosis rests on, one sentence each, asked for again where a query can carry it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from telic.errors import TelicError
from telic.model import Diagnosis
from telic.model.account import About, Claim
from telic.operate.diagnosis.culprit.scene import Scene
from telic.operate.diagnosis.culprit.signs import inside, quoted
from telic.operate.diagnosis.culprit.verdict import ChangeVerdict, Reason
from telic.tools.evidence import Notebook

LIGHT = 0.3  # reasons that weigh less are left out [nats]
_NOTHING = "[]"  # what a query without rows returned, as evidence has it
_LINES, _COUNT = re.compile(r'\[\{"lines": (\d+)'), re.compile(r"\(\d+ times\)$")
_OF_THE_RECORD = frozenset({"effect", "scope", "time", "near", "shipped", "names", "frame", "numbers", "vanished"})


def claims_of(diagnosis: Diagnosis, blamed: ChangeVerdict | None, seen: Scene, notebook: Notebook) -> list[Claim]:
    """Return the claims of the first hypothesis and of the verdict on changes; evidence goes into `notebook`."""
    claims = []
    if diagnosis.hypotheses:
        first = diagnosis.hypotheses[0]
        pages = {each.id: each.says for each in diagnosis.evidence}
        said = dict.fromkeys(pages[id_] for id_ in first.evidence if id_ in pages)
        claims = [
            Claim("", "cause", says, 1.0, tuple(id_ for id_ in first.evidence if pages.get(id_) == says))
            for says in said
        ]
        if len(first.path) > 1:
            claims.append(_path(first.path, seen, notebook))
    if blamed is not None:
        claims += [_claim(each, blamed, seen, notebook) for each in blamed.reasons if _tells(each)]
    return claims


def _path(path: Sequence[str], seen: Scene, notebook: Notebook) -> Claim:
    """Say how it spreads; the calls between neighbours carry it, where there are spans of them."""
    says = f"it reaches the symptom by {' → '.join(path)}"
    pairs = [f"({quoted(a)}, {quoted(b)})" for one, other in pairwise(path) for a, b in ((one, other), (other, one))]
    query = (
        "SELECT caller.entity AS caller, called.entity AS called, count(*) AS calls FROM spans called "
        "JOIN spans caller ON caller.trace_id = called.trace_id AND caller.span_id = called.parent_span_id "
        f"WHERE (caller.entity, called.entity) IN ({', '.join(pairs)}) AND {inside(seen.window, 'called.start')} "
        "GROUP BY ALL ORDER BY ALL"
    )
    evidence = _asked(query, "calls along the path", seen, notebook)
    told = [each.id for each in notebook.pages if each.id in evidence and each.result != _NOTHING]
    return Claim("", "path", says, 0.5, tuple(told))


def _tells(reason: Reason) -> bool:
    return reason.name != "prior" and abs(reason.weight) >= LIGHT


def _claim(reason: Reason, blamed: ChangeVerdict, seen: Scene, notebook: Notebook) -> Claim:
    about: About = "change" if blamed.change else "circumstance"
    evidence, says = [], reason.says
    if blamed.change and reason.name in _OF_THE_RECORD:
        query = (
            f"SELECT time, kind, entity, id, summary, diff FROM changes WHERE id = {quoted(blamed.id)} ORDER BY time"
        )
        evidence += _asked(query, f"what {blamed.id[:12]} is", seen, notebook)
    if reason.query:
        evidence += (own := _asked(reason.query, reason.says, seen, notebook))
        says = _counted(says, own, notebook)
    return Claim("", about, says, reason.weight, tuple(evidence))


def _counted(says: str, asked: Sequence[str], notebook: Notebook) -> str:
    """Return a sentence that counts messages with the count of its query, which also finds what is hidden in them."""
    result = next((each.result for each in notebook.pages if each.id in asked), "")
    lines = _LINES.match(result)
    return _COUNT.sub(f"({lines.group(1)} times)", says) if lines else says


def _asked(query: str, says: str, seen: Scene, notebook: Notebook) -> list[str]:
    """Ask once; a query that was asked before keeps its page."""
    known = next((each.id for each in notebook.pages if each.query.startswith(f"{query}\n")), "")
    if known:
        return [known]
    try:
        notebook.about(says, seen.window).query(query)
    except TelicError:
        return []  # the claim stands without evidence, and says so by having none
    return [notebook.last]
