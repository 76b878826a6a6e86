"""One file a verb of the intent: what it adds to a design."""

from __future__ import annotations

from collections.abc import Callable

from telic.design.archetypes.complete import complete
from telic.design.archetypes.count_by_ref import count_by_ref
from telic.design.archetypes.create import create
from telic.design.archetypes.crud import crud
from telic.design.archetypes.custom import custom
from telic.design.archetypes.find_by_prefix import find_by_prefix
from telic.design.archetypes.find_similar import find_similar
from telic.design.archetypes.geo_search import geo_search
from telic.design.archetypes.link import link, unlink
from telic.design.archetypes.list_by_ref import list_by_ref
from telic.design.archetypes.publish import publish
from telic.design.archetypes.reserve import reserve
from telic.design.archetypes.transition import transition
from telic.design.archetypes.upload import tune, upload
from telic.design.draft import Draft
from telic.model.intent import Operation, Verb

ARCHETYPES: dict[Verb, Callable[[Draft, Operation], None]] = {
    "geo_search": geo_search,
    "reserve": reserve,
    "transition": transition,
    "list_by_ref": list_by_ref,
    "count_by_ref": count_by_ref,
    "find_by_prefix": find_by_prefix,
    "create": create,
    "link": link,
    "unlink": unlink,
    "publish": publish,
    "crud": crud,
    "complete": complete,
    "upload": upload,
    "tune": tune,
    "find_similar": find_similar,
    "custom": custom,
}

__all__ = ["ARCHETYPES"]
