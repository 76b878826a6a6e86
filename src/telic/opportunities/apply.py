"""A finding of somebody else's asked of these events: one question, one test."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from telic.errors import NotEnoughData
from telic.opportunities import share
from telic.opportunities.generate import Chosen
from telic.opportunities.language import Stated
from telic.opportunities.language import hypothesis as members
from telic.opportunities.language.algebra import Value
from telic.opportunities.language.restated import restated
from telic.opportunities.language.sql import sql
from telic.opportunities.language.words import clause
from telic.opportunities.model import Prepared
from telic.opportunities.share import Params, Signature
from telic.opportunities.template import Asking, Template, hypothesis
from telic.opportunities.templates.cohorts import Cohorts
from telic.opportunities.templates.phrases import whom

LEAST = 5  # groups that a shared question needs here [1]


def chosen(
    signature: Signature, prepared: Prepared, asking: Asking, *, rename: Mapping[str, str] | None = None
) -> Chosen:
    """Return the family of the one hypothesis that a signature is about.

    Parameters
    ----------
    rename
        What its names are called here.

    Raises
    ------
    NotEnoughData
        Too few groups here are what it is about, or nothing here has its names.
    """
    params = share.renamed(signature.params, rename or {})
    wanted = hypothesis(signature.template, params, "").id
    question = restated(signature.template, params)
    if question is not None:
        return _asked(signature, params, question, prepared, asking)
    for each in _instances(signature.template, params):
        for family in each.families(prepared, asking):
            for row in range(len(family)):
                if family.hypothesis(row).id == wanted:
                    return Chosen(family, np.array([row], dtype=np.int64))
    raise _too_few(signature, prepared, asking)


def _asked(signature: Signature, params: Params, question: Value, prepared: Prepared, asking: Asking) -> Chosen:
    """Return the family of a question that the language can ask as it is."""
    groups = np.flatnonzero(members(Stated("", question), prepared, strict=False)).astype(np.int32)
    if not asking.least <= len(groups) < prepared.size:
        raise _too_few(signature, prepared, asking)
    words = whom(prepared, [clause(question)])
    here = hypothesis(signature.template, params, words, sql(question, asking.table))
    marks = np.zeros(len(groups), dtype=np.int32)
    return Chosen(Cohorts(signature.template, marks, groups, 1, lambda _: here), np.zeros(1, dtype=np.int64))


def _too_few(signature: Signature, prepared: Prepared, asking: Asking) -> NotEnoughData:
    return NotEnoughData(
        f"fewer than {asking.least:,} {prepared.grouping}s here are, or all: {signature.words}",
        hint="are its names called something else here? --rename THEIRS=OURS",
    )


def _instances(name: str, params: Params) -> Iterator[Template]:
    """Yield the template as it is, then with those of the parameters that are its own."""
    from telic.opportunities.templates import template

    factory = template.factory(name)
    yield factory()
    known: set[str] = (
        {each.name for each in dataclasses.fields(factory)} if dataclasses.is_dataclass(factory) else set()
    )
    own = {key: value for key, value in params.items() if key in known}
    if own:
        try:
            yield factory(**own)
        except (TypeError, ValueError):
            return
