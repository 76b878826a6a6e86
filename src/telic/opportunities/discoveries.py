"""Which hypotheses are discoveries: beyond their number, beyond each other, beyond permutations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from telic.opportunities.findings import Opinion
from telic.opportunities.judging import Judging
from telic.opportunities.model import Exclusion, Family, Prepared
from telic.opportunities.statistics import association, tallying
from telic.opportunities.statistics.candidates import Candidates, gathered
from telic.opportunities.statistics.endings import endings
from telic.opportunities.statistics.multiplicity import benjamini_hochberg
from telic.opportunities.statistics.overlaps import leads
from telic.opportunities.statistics.permutation import permuted
from telic.opportunities.statistics.plainer import plainer

MANY = 5000  # candidates of one outcome that are compared with each other at most


def discovered(
    prepared: Prepared, found: list[Candidates], families: Sequence[Family], tests: int, alpha: float
) -> tuple[float, list[Candidates], list[Exclusion]]:
    """Return the largest p-value that is a discovery, the discoveries, and what was taken out before."""
    notes: list[Exclusion] = []
    cutoff = _cutoff(found, tests, alpha)
    cleaned = []
    for each in found:
        kept, left_out = each.without_itself(prepared, families, cutoff)
        cleaned.append(kept)
        notes += left_out
    cutoff = _cutoff(cleaned, tests, alpha)
    passing = []
    for each in cleaned:
        notes += each.hidden_by_length(families, cutoff)
        kept = each.take(np.flatnonzero(each.level <= cutoff))
        kept, turned = kept.turned_by_length(families)
        notes += turned
        if len(kept) > MANY:
            strongest = np.argsort(kept.level, kind="stable")
            why = f"beyond the {MANY:,} strongest of {each.study.outcome.name}: not compared with each other"
            notes.append(Exclusion("hypotheses", len(kept) - MANY, why))
            kept = kept.take(np.sort(strongest[:MANY]))
        passing.append(kept)
    return cutoff, passing, notes


def _cutoff(found: Sequence[Candidates], tests: int, alpha: float) -> float:
    p = np.concatenate([each.level for each in found])
    q = benjamini_hochberg(p, tests)
    return float(p[q <= alpha].max(initial=-1.0))


def opinions_of(
    prepared: Prepared, each: Candidates, families: Sequence[Family], cutoff: float, settings: Judging
) -> tuple[list[Opinion], list[Exclusion]]:
    """Group the discoveries of one outcome; a lead comes with its members and those that it explains.

    What is made of another way to end than the KPI's own event explains nothing: it leads after all others.
    """
    if len(each) == 0:
        return [], []
    members = gathered(each.places, families)
    others = endings(prepared, each.study.outcome.touches)
    asked = [families[family].hypothesis(row) for family, row in each.places]
    last = np.array([others.tell(one) for one in asked], dtype=np.bool_)
    found, rest = leads(each.study, members, each.tallies, cutoff * each.weights, settings.most, last)
    found = plainer(found, asked)
    notes = []
    if rest:
        why = f"stand beside the {settings.most} strongest findings of {each.study.outcome.name} and are not shown"
        notes.append(Exclusion("hypotheses", len(rest), why, each.words(families, rest[:3])))
    opinions = []
    for lead in found:
        low, high = members.indptr[lead.row], members.indptr[lead.row + 1]
        opinions.append(
            Opinion(
                study=each.study,
                place=each.places[lead.row],
                members=np.asarray(members.groups)[low:high],
                tallies=each.tallies.take(np.array([lead.row])),
                fences=each.fences[each.places[lead.row][0]],
                alike=tuple(each.places[row] for row in lead.alike),
                p=float(each.p[lead.row]),
                ending=bool(last[lead.row]),
            )
        )
    return opinions, notes


def confirmed(opinions: list[Opinion], found: Sequence[Candidates], tests: int, settings: Judging) -> list[Opinion]:
    """Ask permutations about the leads of each outcome, and keep what is still a discovery."""
    judged: list[Opinion] = []
    for at, each in enumerate(found):
        mine = [opinion for opinion in opinions if opinion.study is each.study]
        if not mine or settings.permutations == 0:
            judged += mine
            continue
        shuffled = permuted(
            each.study,
            tallying.joined([opinion.members for opinion in mine]),
            tallying.stacked([opinion.tallies for opinion in mine]),
            rounds=settings.permutations,
            alpha=settings.alpha,
            seed=settings.seed + at,
            threads=settings.threads,
        )
        for row, opinion in enumerate(mine):
            p = float(association.p_values(each.study, opinion.tallies, shuffled.inflation[row : row + 1])[0])
            # The permuted are a few of all tests: all others may reach its p-value too (Bonferroni).
            family = min(float(shuffled.p_family[row]) + (tests - len(mine)) * p, 1.0)
            judged.append(replace(opinion, p=p, p_family=family, rounds=shuffled.rounds))
    return _discoveries(judged, found, tests, settings.alpha)


def _discoveries(judged: list[Opinion], found: Sequence[Candidates], tests: int, alpha: float) -> list[Opinion]:
    """Return opinions with q-values over all tests, those that are still discoveries."""
    places = {(id(opinion.study), opinion.place): opinion.p for opinion in judged}
    everything = [
        np.array([places.get((id(each.study), place), p) for place, p in zip(each.places, each.p, strict=True)])
        / each.weights
        for each in found
    ]
    p = np.concatenate([np.empty(0), *everything])
    q = benjamini_hochberg(p, tests)
    at = {}
    cursor = 0
    for each in found:
        for place in each.places:
            at[id(each.study), place] = cursor
            cursor += 1
    told = [replace(opinion, q=float(q[at[id(opinion.study), opinion.place]])) for opinion in judged]
    return [opinion for opinion in told if opinion.q <= alpha]
