"""Any small intent becomes Python that compiles and a schema with quoted names, or is refused with a hint."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from ruff import find_ruff_bin  # type: ignore[import-untyped]

from telic.design.code import service_files
from telic.design.openapi import openapi
from telic.design.rendering import environment
from telic.design.seed import counts, seed_rows
from telic.design.suites import suite_files
from telic.design.system import plan_system
from telic.errors import InvalidDesign
from telic.model import Intent
from telic.model.intent import EntityType, Field, FieldType, Keys, Operation, UseCase, Verb, Verdict, Workload

NAMES = ("Order", "User", "Address", "BookingLine", "Table", "Select", "Box", "Data", "Type", "Class")
FIELDS = (
    "name",
    "order",
    "user",
    "limit",
    "end",
    "kind",
    "table",
    "count",
    "data",
    "key",
    "day",
    "self_made",
    "created_at",
)
KINDS: tuple[Verb, ...] = ("crud", "create")
TYPES = (
    FieldType("str", maximum=3.0),
    FieldType("str"),
    FieldType("int", minimum=0.0),
    FieldType("int"),
    FieldType("float", minimum=0.0, exclusive=True),
    FieldType("bool"),
    FieldType("email"),
    FieldType("secret"),
    FieldType("geo"),
    FieldType("money"),
    FieldType("daterange"),
    FieldType("date"),
    FieldType("enum", options=("a", "b")),
    FieldType("duration"),
)


@st.composite
def intents(draw: st.DrawFn) -> Intent:
    """Draw a few entities, each with some operations over it."""
    entities: list[EntityType] = []
    operations: list[Operation] = []
    for number, name in enumerate(draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))):
        names = draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=5, unique=True))
        fields = [Field(each, draw(st.sampled_from(TYPES))) for each in names]
        if entities:
            fields.append(Field("parent", FieldType("ref", target=entities[0].name)))
            operations.append(
                Operation(
                    f"L{number}",
                    f"list_{number}",
                    "list_by_ref",
                    name,
                    by="parent",
                    order=draw(st.sampled_from(["newest", "oldest"])),
                )
            )
        owner = draw(st.sampled_from(["one", "two", "user", "order", "table"]))
        entities.append(EntityType(name, f"{name.lower()}_id", tuple(fields), owner, pii=(names[0],)))
        kind: Verb = draw(st.sampled_from(KINDS))
        errors: dict[str, Verdict] = draw(st.sampled_from([{}, {"not_found": "bad"}]))
        keyed = draw(st.booleans())
        operations.append(Operation(f"F{number}", f"make_{number}", kind, name, errors=errors, idempotent=keyed))
    workload = Workload("W1", "normal", "poisson", 1.0, {operations[0].id: 1.0}, Keys(1.0, 7))
    case = UseCase(
        "U1", "user", (operations[-1].id if operations[-1].kind == "create" else f"{operations[-1].id}.create",)
    )
    return Intent("any", "Any.", tuple(entities), (), tuple(operations), (case,), (), (), (), (workload,), (), ())


@settings(deadline=None, max_examples=40)
@given(intents())
def test_any_intent_is_built_or_refused(intent: Intent) -> None:
    try:
        plan = plan_system(intent)
    except InvalidDesign as error:
        if not error.hint:
            raise
        return
    templates, rows = environment(counts(plan, intent)), seed_rows(plan, intent)
    files = [each for service in plan.services for each in service_files(service, plan, intent, templates)]
    with tempfile.TemporaryDirectory() as folder:
        for path, text in [*files, *suite_files(plan, intent, templates, rows)]:
            assert path.endswith(".py") or ("order.orders" not in text and "user.users" not in text)
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        rules = ["--isolated", "--no-cache", "--quiet", "--select", "E9,F", "--ignore", "F401"]
        done = subprocess.run([find_ruff_bin(), "check", *rules, folder], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    for service in plan.services:
        assert json.loads(json.dumps(openapi(service, plan, ())))["paths"]
