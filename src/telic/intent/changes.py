"""What differs between two intents, what that touches, and whether a refinement kept its word."""

from __future__ import annotations

from telic.errors import InvalidIntent
from telic.intent.parts import parts, section_of, uses
from telic.model.intent import Intent, Refinement


def changed(old: Intent, new: Intent) -> tuple[str, ...]:
    """Return the ids of the parts that are new, gone or different, in the order of the new intent.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from telic.apps import find
    >>> from telic.intent import read
    >>> hotel = read(find("hotel"))
    >>> changed(hotel, replace(hotel, max_processes=20))
    ('processes',)
    """
    before, after = parts(old), parts(new)
    return tuple(key for key in after | before if before.get(key) != after.get(key))


def diff(old: Intent, new: Intent) -> tuple[str, ...]:
    """Return the ids that a change touches: what changed, and all that speaks of it, near or far.

    Artifacts that derive from none of these need no rebuilding.
    """
    touched = set(changed(old, new))
    links = [uses(old), uses(new)]
    size = -1
    while size < len(touched):
        size = len(touched)
        touched |= {key for each in links for key, used in each.items() if used & touched}
    return tuple(key for key in parts(new) | parts(old) if key in touched)


def require_appended(old: Intent, new: Intent) -> Intent:
    """Return `new` when it continues `old`: refinements are only added, and what they keep is kept.

    Raises
    ------
    InvalidIntent
        With every refinement that was altered or taken out, and every part that was to be kept and differs.
    """
    found = _altered(old, new)
    different, sections = changed(old, new), section_of(new) | section_of(old)
    for refinement in new.refinements[len(old.refinements) :]:
        for keep in _kept(refinement):
            broken = [key for key in different if keep == key or keep in sections.get(key, ())]
            if broken:
                found.append(f"{refinement.id} keeps {keep}, but {', '.join(broken)} changed")
    if not found:
        return new
    raise InvalidIntent(
        f"{new.system}: the refinement does not continue the intent before\n  " + "\n  ".join(found),
        hint="refinements are append-only: add one that says why, with a narrower keep",
        findings=found,
    )


def _altered(old: Intent, new: Intent) -> list[str]:
    found = []
    for index, before in enumerate(old.refinements):
        after = new.refinements[index] if index < len(new.refinements) else None
        if after != before:
            found.append(f"{before.id} was {'taken out' if after is None else 'altered'}; refinements are append-only")
    return found


def _kept(refinement: Refinement) -> tuple[str, ...]:
    keep = refinement.change.get("keep")
    return tuple(str(each) for each in keep) if isinstance(keep, list | tuple) else ()
