"""Reads an intent: text to tree, tree to records, then every rule; all findings in one error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from telic.errors import InvalidIntent
from telic.intent import functional, operational, rules
from telic.intent.canonical import intent_hash
from telic.intent.findings import Findings
from telic.intent.history import read_open, read_refinements
from telic.intent.keys import ROOT
from telic.intent.keys.functional import FUNCTIONAL
from telic.intent.keys.operational import OPERATIONAL
from telic.intent.questions import missing
from telic.intent.section import Section, name
from telic.intent.source import Item, parse
from telic.model.intent import Intent


def read(path: Path | str) -> Intent:
    """Read the intent in a file.

    Raises
    ------
    InvalidIntent
        With every finding: line, column, path, what is wrong, what to write instead.
    """
    file = Path(path)
    try:
        return read_text(file.read_text(encoding="utf-8"), file=str(path))
    except OSError as error:
        hint = "give the path of a YAML file, or the name of a bundled system"
        raise InvalidIntent(
            f"{path}: cannot be read: {error.strerror}", hint=hint, file=str(path), findings=[]
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidIntent(
            f"{path}: not text in UTF-8 (byte {error.start})", hint="save it as UTF-8", file=str(path), findings=[]
        ) from error


def read_text(text: str, *, file: str = "intent.yaml") -> Intent:
    """Read an intent from text; `file` is what findings call it."""
    findings = Findings(file)
    try:
        root = parse(text)
    except InvalidIntent as error:
        line, column = (int(str(error.context.get(each, 1))) for each in ("line", "column"))
        findings.add(Item("text", line, column), str(error), error.hint)
        raise findings.error() from error
    intent = _intent(Section(root, ROOT, findings))
    rules.check(intent, root, findings)
    findings.raise_if_any()
    intent = replace(intent, open=(*intent.open, *missing(intent)))
    return replace(intent, hash=intent_hash(intent))


def _intent(root: Section) -> Intent:
    root.choice("intent", ("v1",), "v1")
    does, how = root.section("functional", FUNCTIONAL), root.section("operational", OPERATIONAL)
    return Intent(
        system=root.read("system", name, ""),
        text=" ".join(root.text("text").split()),
        entities=functional.read_entities(does),
        states=functional.read_states(does),
        operations=functional.read_operations(does),
        use_cases=functional.read_use_cases(does),
        invariants=functional.read_invariants(does),
        security=functional.read_rules(does, "security"),
        design=functional.read_rules(does, "design"),
        workloads=operational.read_workloads(how),
        objectives=operational.read_objectives(how),
        capacity=operational.read_capacity(how),
        settings=operational.read_settings(how),
        recovery=operational.read_recovery(how),
        trials=operational.read_trials(how),
        staleness=operational.read_staleness(how),
        max_processes=operational.read_max_processes(how),
        refinements=read_refinements(root),
        open=read_open(root),
    )
