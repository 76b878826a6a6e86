"""A language model as a service: what its intent may say otherwise, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telic.design.intent_text import intent_text
from telic.design.record import design_record
from telic.design.system import plan_system
from telic.errors import InvalidDesign, InvalidIntent
from telic.intent import read_text
from telic.model import Intent, Scalar

SETTINGS = """
  settings:
    inference: {model.batch: 6, model.endpoint: "http://127.0.0.1:1/v1"}
    chat: {prompt.strip_hidden: false}
"""


def settings_of(intent: Intent) -> dict[str, dict[str, Scalar]]:
    return {each.name: dict(each.settings) for each in design_record(plan_system(intent), intent).services}


def saying(intent: Intent, text: str) -> Intent:
    return read_text(intent_text(intent).replace("\n  trials:", f"{text}  trials:"))


def test_services_of_a_model_start_with_settings_of_their_own(intents: dict[str, Intent]) -> None:
    found = settings_of(intents["genai"])
    assert found["inference"]["model.batch"] == 2
    assert found["tuning"] == {"tuning.format": found["inference"]["tuning.format"]}
    assert found["promptfilter"] == found["responsefilter"] != {}
    assert all(not each for each in settings_of(intents["hotel"]).values())


def test_the_intent_may_say_them_otherwise_and_is_written_back(intents: dict[str, Intent]) -> None:
    told = saying(intents["genai"], SETTINGS)
    found = settings_of(told)
    assert found["inference"]["model.batch"] == 6
    assert found["inference"]["model.endpoint"] == "http://127.0.0.1:1/v1"
    assert found["chat"]["prompt.strip_hidden"] is False
    assert told.hash != intents["genai"].hash
    assert read_text(intent_text(told)) == told


@pytest.mark.parametrize(
    ("service", "values", "message"),
    [
        ("inference", {"model.bach": "4"}, "inference has no setting 'model.bach'"),
        ("inference", {"model.batch": "many"}, "inference: model.batch is 2, not 'many'"),
        ("chat", {"prompt.strip_hidden": "perhaps"}, "is True, not 'perhaps'"),
        ("vector", {"model.batch": "4"}, "vector has no setting"),
    ],
)
def test_a_setting_that_is_none_is_refused(
    service: str, values: dict[str, str], message: str, intents: dict[str, Intent]
) -> None:
    with pytest.raises(InvalidDesign, match=message):
        plan_system(replace(intents["genai"], settings={service: values}))


def test_settings_of_nobody_are_found_while_reading(intents: dict[str, Intent]) -> None:
    with pytest.raises(InvalidIntent, match="no service 'infrence'"):
        saying(intents["genai"], "\n  settings:\n    infrence: {model.batch: 6}\n")


@pytest.mark.parametrize(
    ("entity", "gone", "message"),
    [
        ("Completion", "max_tokens", "Completion has to say who asks, which model, the prompt, max_tokens and choices"),
        ("Completion", "model", "Completion has to say who asks"),
        ("Dataset", "lines", "upload needs one field of type str in Dataset, it has 0"),
        ("Tuning", "dataset", "Tuning has to refer to one thing that is uploaded, it refers to 0"),
    ],
)
def test_things_that_lack_what_a_model_needs_are_refused(
    entity: str, gone: str, message: str, intents: dict[str, Intent]
) -> None:
    genai = intents["genai"]
    kept = tuple(
        replace(each, fields=tuple(one for one in each.fields if one.name != gone)) if each.name == entity else each
        for each in genai.entities
    )
    with pytest.raises(InvalidDesign, match=message):
        plan_system(replace(genai, entities=kept))


def test_nobody_learns_without_a_model(intents: dict[str, Intent]) -> None:
    genai = intents["genai"]
    rest = tuple(each for each in genai.operations if each.kind != "complete")
    with pytest.raises(InvalidDesign, match="tune needs a model"):
        plan_system(replace(genai, operations=rest))


def test_who_reads_from_a_replica_uses_one_more_store(intents: dict[str, Intent]) -> None:
    asked = "\n  settings:\n    history: {store.postgres.reads: replica}\n    quota: {store.postgres.reads: primary}\n"
    intent = saying(intents["genai"], asked)
    made = design_record(plan_system(intent), intent)
    assert made.stores == ("postgres", "postgres-replica")
    assert made.service("history").stores == ("postgres", "postgres-replica")
    assert made.service("quota").stores == ("postgres",)
    assert "history->postgres-replica" in made.wiring.edges
    assert "postgres-replica" not in design_record(plan_system(intents["genai"]), intents["genai"]).stores


@pytest.mark.parametrize(("service", "value"), [("chat", "replica"), ("history", "both")])
def test_only_owners_have_a_replica_to_read_from(service: str, value: str, intents: dict[str, Intent]) -> None:
    asked = f"\n  settings:\n    {service}: {{store.postgres.reads: {value}}}\n"
    with pytest.raises(InvalidDesign, match=r"store\.postgres\.reads"):
        plan_system(saying(intents["genai"], asked))
