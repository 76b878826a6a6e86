"""Reads a design from its folder; imports nothing of what makes one, which takes 0.3 s."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from telic.design.wiring import read_wiring
from telic.errors import InvalidDesign, InvalidRecord
from telic.model.design import Design
from telic.model.records import load

SCHEMA = "telic/design/v1"
RECORD = "design.json"
WIRING = "wiring.yaml"
INTENT = "intent.yaml"


def read(folder: Path) -> Design:
    """Read the design in `folder`, its wiring from ``wiring.yaml`` as it is now.

    Raises
    ------
    InvalidDesign
        No design there, one of another version, or a wiring with mistakes (file, line and column of each).
    """
    path = folder / RECORD
    try:
        design = load(Design, path.read_bytes(), schema=SCHEMA)
    except OSError as error:
        raise InvalidDesign(
            f"{path}: cannot be read: {error.strerror}", hint="give the folder that `telic design` wrote"
        ) from error
    except InvalidRecord as error:
        raise InvalidDesign(f"{path}: {error}", hint="generate the design again") from error
    wiring = design.wiring
    if (folder / WIRING).exists():
        wiring = read_wiring(folder / WIRING, **names(design))
    return replace(design, folder=folder, wiring=wiring)


def names(design: Design) -> dict[str, frozenset[str]]:
    """Return the edges and services that a wiring may name."""
    edges = frozenset(f"{caller}->{callee}" for caller, callee in design.edges)
    return {"edges": edges, "nodes": frozenset(each.name for each in design.services)}


def content_hash(folder: Path) -> str:
    """Return the hash of a design's files, without its record, which holds it, and without what Python compiled."""
    digest = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        if path == folder / RECORD or "__pycache__" in path.parts:
            continue
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return f"sha256:{digest.hexdigest()}"
