"""A finding of somebody else's asked of these events: one question, one test."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from telic.errors import NotEnoughData
from telic.opportunities import share
from telic.opportunities.generate import Chosen
from telic.opportunities.model import Prepared
from telic.opportunities.share import Params, Signature
from telic.opportunities.template import Asking, Template, hypothesis

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
    for each in _instances(signature.template, params):
        for family in each.families(prepared, asking):
            for row in range(len(family)):
                if family.hypothesis(row).id == wanted:
                    return Chosen(family, np.array([row], dtype=np.int64))
    raise NotEnoughData(
        f"fewer than {asking.least:,} {prepared.grouping}s here are: {signature.words}",
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
