"""``custom``: an operation that no archetype knows."""

from __future__ import annotations

from telic.design.draft import Draft
from telic.errors import InvalidDesign
from telic.model.intent import Operation


def custom(draft: Draft, op: Operation) -> None:
    """Refuse: what a custom operation does has to be written by somebody."""
    raise InvalidDesign(
        f"{op.id} {op.name} is custom: {draft.intent.system} needs written logic for it",
        hint="express it with geo_search, reserve, transition, list_by_ref, create or crud, or leave it out for now",
        operation=op.id,
    )
