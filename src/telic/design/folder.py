"""Writes a design to a folder, all of it or nothing."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import jinja2
import msgspec

from telic.design.code import service_files
from telic.design.formatting import format_folder
from telic.design.intent_text import intent_text
from telic.design.openapi import openapi
from telic.design.plan import SystemPlan
from telic.design.reading import INTENT, RECORD, SCHEMA, WIRING, content_hash, names
from telic.design.readme import field_text, requirements
from telic.design.record import design_record
from telic.design.rendering import environment
from telic.design.seed import DEMO_PASSWORD, counts, seed_files, seed_rows
from telic.design.suites import suite_files
from telic.design.system import plan_system
from telic.design.wiring import parse_wiring, write_wiring
from telic.errors import InvalidDesign, StoreFailed
from telic.model.design import Design
from telic.model.intent import Intent
from telic.model.records import dump

ABOUT = """Policies of the edges and services of {system}: what is not named has the default.
A running system reads its policies again when they change; `telic` checks them before it applies them."""


def generate(intent: Intent, folder: Path) -> Design:
    """Write the design of `intent` to `folder` and return it.

    The same intent gives the same files, byte for byte. The folder appears, or is replaced, as a whole.

    Raises
    ------
    InvalidDesign
        The intent asks for something that no archetype builds, or the folder holds something else than a design.
    StoreFailed
        The disk did not take the files.
    """
    _require_free(folder)
    plan = plan_system(intent)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            made = Path(scratch) / "design"
            record = _write(plan, intent, made)
            _swap(made, folder, Path(scratch) / "before")
    except OSError as error:
        raise StoreFailed(
            f"cannot write the design to {folder}: {error.strerror or error}",
            hint="free space or choose another folder",
        ) from error
    return replace(record, folder=folder)


def rewire(design: Design, wiring: Path) -> Design:
    """Put the wiring in the file `wiring` into the folder of `design`, and return the design with it.

    Raises
    ------
    InvalidDesign
        No such file, or a wiring with mistakes, also names that the design does not have (file, line and column each).
    """
    text = _wiring_text(wiring)
    found = parse_wiring(text, file=str(wiring), **names(design))
    (design.folder / WIRING).write_text(text, encoding="utf-8")
    record = replace(design, wiring=found, folder=Path())  # worlds read the record
    (design.folder / RECORD).write_bytes(dump(record, schema=SCHEMA, indent=2) + b"\n")
    return replace(design, wiring=found)


def wiring_digest(wiring: Path) -> str:
    """Return the SHA-256 of a wiring file's text, in hexadecimal digits."""
    return hashlib.sha256(_wiring_text(wiring).encode()).hexdigest()


def _wiring_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidDesign(f"{path}: cannot be read: {error.strerror}", hint="give a wiring.yaml") from error
    except UnicodeDecodeError as error:
        raise InvalidDesign(f"{path}: is no text in UTF-8", hint="give a wiring.yaml") from error


def _write(plan: SystemPlan, intent: Intent, made: Path) -> Design:
    rows = counts(plan, intent)
    templates = environment(rows)
    templates.filters["field_text"] = field_text
    record = design_record(plan, intent)
    seeded = seed_rows(plan, intent)
    for name, text in (*_texts(plan, intent, templates), *suite_files(plan, intent, templates, seeded)):
        _put(made / name, text.encode())
    for name, content in seed_files(seeded).items():
        _put(made / name, content)
    _put(made / WIRING, write_wiring(record.wiring, about=ABOUT.format(system=intent.system)).encode())
    format_folder(made)
    record = replace(record, hash=content_hash(made))
    _put(made / RECORD, dump(record, schema=SCHEMA, indent=2) + b"\n")
    return record


def _texts(plan: SystemPlan, intent: Intent, templates: jinja2.Environment) -> Iterator[tuple[str, str]]:
    yield INTENT, intent_text(intent)
    for service in plan.services:
        yield from service_files(service, plan, intent, templates)
        document = msgspec.json.encode(openapi(service, plan, intent.states))
        yield f"openapi/{service.name}.json", msgspec.json.format(document, indent=2).decode() + "\n"
    secret = any(
        each.name.endswith("_hash") for service in plan.services for e in service.entities for each in e.hidden
    )
    context: Mapping[str, object] = {
        "intent": intent,
        "system": plan,
        "requirements": requirements(plan, intent),
        "demo": DEMO_PASSWORD if secret else "",
    }
    yield "README.md", templates.get_template("README.md.j2").render(context)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _require_free(folder: Path) -> None:
    if folder.exists() and not (folder / RECORD).exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidDesign(
            f"{folder} holds something else than a design", hint="choose a folder that is empty or does not exist yet"
        )


def _swap(made: Path, folder: Path, before: Path) -> None:
    if folder.exists():
        shutil.move(folder, before)
    made.rename(folder)
