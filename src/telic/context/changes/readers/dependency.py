"""Another version of a library, base image or runtime."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import words
from telic.context.changes.effect import Effect, Place, effect_reader, makes

_MODULE = re.compile(
    r"""^\s*(?:require\s+|gem\s+|implementation\s*\(?|compile\s*\(?|-\s+)?["'<]?([A-Za-z@][\w.@/\-:]*?)["'>]?"""
    r"""(?:\s+|\s*[=~^<>!:,@]{1,3}\s*|\s*>\s*)["']?[v^~>=<! ]*(\d+(?:\.\w+)*[\w.+\-]*)["'<]?"""
)
_IMAGE = re.compile(r"^\s*FROM\s+([\w./\-]+)(?::([\w.\-]+))?", re.IGNORECASE)
_PARTS = re.compile(r"\d+")
_SITES = frozenset(
    {
        "github",
        "com",
        "org",
        "net",
        "io",
        "google",
        "golang",
        "www",
        "dev",
        "v2",
        "v3",
        "v4",
        "v5",
        "pkg",
        "go",
        "gopkg",
        "in",
    }
)


@effect_reader(
    "dependency", example={"diff": "-\tgoogle.golang.org/protobuf v1.31.0\n+\tgoogle.golang.org/protobuf v1.34.2"}
)
def dependency(place: Place) -> Sequence[Effect]:
    """Pairs of lines of a manifest with the same module and another version; modules that come or go.

    Force: a new major version 1, minor 0.6, patch 0.25; a module that goes 0.8.
    """
    if place.kind != "dependency":
        return ()
    before = dict(filter(None, map(_module, place.removed)))
    after = dict(filter(None, map(_module, place.added)))
    found = []
    for module, version in after.items():
        if module in before and before[module] != version:
            found.append(_effect(place, module, before[module], version, _step(before[module], version)))
        elif module not in before:
            found.append(_effect(place, module, "nothing", version, 0.4))
    found += [
        _effect(place, module, version, "nothing", 0.8) for module, version in before.items() if module not in after
    ]
    return found


def _module(line: str) -> tuple[str, str] | None:
    found = _IMAGE.match(line) or _MODULE.match(line)
    return (found.group(1).rstrip(":@=~"), found.group(2) or "") if found else None


def _step(before: str, after: str) -> float:
    one, two = _PARTS.findall(before), _PARTS.findall(after)
    for level, (a, b) in enumerate(zip(one, two, strict=False)):
        if a != b:
            return (1.0, 0.6, 0.25)[min(level, 2)] if [int(x) for x in two] > [int(x) for x in one] else 0.8
    return 0.25


def _effect(place: Place, module: str, before: str, after: str, force: float) -> Effect:
    named = frozenset(part for part in words.split(module) if part not in _SITES and len(part) > 2)
    last = re.sub(r"/v\d+$", "", module).rsplit("/", 1)[-1]
    return makes(
        "incompatible dependency",
        f"{module} {before} -> {after}",
        place,
        kind="dependency",
        force=force,
        new=named | {words.key(last)},
    )
