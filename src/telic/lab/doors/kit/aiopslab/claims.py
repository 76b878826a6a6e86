"""What an agent submits, in the forms that AIOpsLab's four tasks take, as claims of a session."""

from __future__ import annotations

from collections.abc import Mapping

_ENTITY = ("entity", "service", "component", "faulty_service", "root_cause_service")
_MECHANISM = ("mechanism", "fault_type", "root_cause")
_OWN = ("healthy", "entity", "mechanism", "onset", "path", "evidence")
_NONE = ("", "none", "no fault", "no faults")


def claims(args: tuple[object, ...], kwargs: Mapping[str, object], task: str) -> dict[str, object]:
    """Return the arguments of ``submit`` for what an agent submitted.

    Detection says "Yes" or "No", localization gives a list of services, analysis a dictionary or nothing, mitigation
    nothing. What was asked (`task`, one of the session's words, or "" for all) decides what nothing means.

    Examples
    --------
    >>> claims(("Yes",), {}, "detect")
    {'healthy': False}
    >>> claims((["rate"],), {}, "")
    {'healthy': False, 'entity': 'rate'}
    """
    given = args[0] if args else dict(kwargs)
    if isinstance(given, Mapping):
        return _from_mapping(given, task)
    if isinstance(given, list | tuple):
        return {"healthy": False, "entity": str(given[0])} if given else {"healthy": True}
    text = str(given).strip()
    if text.lower() in ("yes", "true"):
        return {"healthy": False}
    if text.lower() in ("no", "false") or given is None or text.lower() in _NONE:
        return {"healthy": True}
    return {"healthy": False, "entity": text}


def _from_mapping(given: Mapping[object, object], task: str) -> dict[str, object]:
    if not given:
        return {"healthy": True} if task in ("localise", "explain") else {}
    found = {str(name): value for name, value in given.items()}
    made = {name: found[name] for name in _OWN if name in found}
    for wanted, names in (("entity", _ENTITY), ("mechanism", _MECHANISM)):
        said = [str(found[name]) for name in names if name in found]
        made.update({wanted: said[0]} if said else {})
    if "entity" in made or "mechanism" in made:
        made.setdefault("healthy", False)
    return made
