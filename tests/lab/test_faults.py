"""Every registered fault keeps the contract: it hurts, heals, is seeded, names its mechanism and gives nothing away."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from telic.errors import UsageError
from telic.lab import faults
from telic.lab.fault import Scene, choose, dice, make, params_from_text
from telic.lab.faults import fault
from telic.lab.loaded import Loaded
from telic.lab.testing import RecordingHarm
from telic.lab.traffic import Place, traffic
from telic.model import MECHANISMS, Change, Truth

SEEDS = range(12)
NAMES = list(fault)
FEW = {name for name in NAMES if fault.factory(name).layer in ("llm", "queue")}  # type: ignore[attr-defined]
CASES = [(name, seed) for name in NAMES for seed in (SEEDS if name in faults.LOOP else range(1 if name in FEW else 3))]
TELLING = re.compile(
    r"\bfault|inject|chaos|\bbad|\bhang|crash|slow|wrong|revok|kill|starv|partition|delay|decoy|harm|\blab\b|telic|regress|\bbug",
    re.IGNORECASE,
)

EIGHT = {
    "crash-loop",
    "hang",
    "bad-deploy-slow-query",
    "bad-deploy-exception",
    "wrong-port",
    "permission-revoked",
    "network",
    "cpu-starvation",
}


def planned(name: str, scene: Scene, seed: int, **fixed: str | float | int) -> Any:
    factory: Any = fault.factory(name)
    return make(name, factory.plan(scene, seed, fixed))


def changed(truth: Truth, harm: RecordingHarm) -> Change | None:
    return next((each for each in harm.log if each.id == truth.change), None)


def test_the_eight_faults_are_there() -> None:
    assert set(fault) >= EIGHT


def test_every_layer_has_faults_and_the_words_are_many() -> None:
    layers = {fault.factory(name).layer for name in fault}  # type: ignore[attr-defined]
    assert layers >= {"host", "process", "network", "store", "application", "orchestration"}
    assert layers >= {"external", "security", "workload", "llm", "queue"}
    assert len(faults.vocabulary()) >= 60
    assert set(MECHANISMS) <= set(faults.vocabulary())


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_it_hurts_and_heals(name: str, seed: int, scene: Scene, harm: RecordingHarm) -> None:
    healthy = harm.snapshot()
    culprit = planned(name, scene, seed)
    change = changed(culprit.inject(harm), harm)
    assert (harm.snapshot() != healthy) == (name not in faults.PASSING)
    culprit.heal(harm, change)
    assert harm.snapshot() == healthy
    culprit.heal(harm, change)
    assert harm.snapshot() == healthy


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_healing_what_was_never_injected_changes_nothing(
    name: str, seed: int, scene: Scene, harm: RecordingHarm
) -> None:
    healthy = harm.snapshot()
    planned(name, scene, seed).heal(harm, None)
    assert harm.snapshot() == healthy
    assert not harm.log


@pytest.mark.parametrize("name", NAMES)
def test_equal_seeds_choose_equal_harm_and_seeds_differ(name: str, scene: Scene) -> None:
    plans = [planned(name, scene, seed) for seed in SEEDS]
    assert plans == [planned(name, scene, seed) for seed in SEEDS]
    assert len(set(plans)) > 1 or not fields(fault.factory(name))  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_truth_names_a_known_mechanism_and_a_place_that_users_pass(
    name: str, seed: int, scene: Scene, harm: RecordingHarm
) -> None:
    truth: Truth = planned(name, scene, seed).inject(harm)
    assert truth.fault == name
    assert truth.mechanism in faults.vocabulary()
    factory: Any = fault.factory(name)
    kind, layer = "edge" if "->" in truth.entity else "service", factory.layer
    if (
        not issubclass(factory, Loaded) and layer != "queue"
    ):  # nobody waits for what is behind it; what others send is felt where it is meant to be
        share = traffic(scene.design).share(Place(kind, truth.entity))
        assert share >= 0.05 or truth.entity in harm.state().stores
    assert truth.entity != "gateway" or layer not in ("application", "external")  # its code is never changed
    assert (truth.change == "") == (not harm.log)


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_nothing_an_operator_can_read_gives_the_answer(name: str, seed: int, scene: Scene, harm: RecordingHarm) -> None:
    before = {each: dict(harm.release_files(each)) for each in harm.state().services}
    culprit = planned(name, scene, seed)
    truth = culprit.inject(harm)
    for change in harm.log:
        assert not TELLING.search(f"{change.summary} {change.author}")
        assert change.author
        if change.entity not in before:
            continue
        after = harm.release_files(change.entity)
        added = {line for path, text in after.items() for line in text.splitlines()} - {
            line for text in before[change.entity].values() for line in text.splitlines()
        }
        assert not TELLING.search("\n".join(added))
    culprit.heal(harm, changed(truth, harm))
    assert not any(TELLING.search(f"{change.summary} {change.author}") for change in harm.log)


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_what_is_deployed_is_still_python(name: str, seed: int, scene: Scene, harm: RecordingHarm) -> None:
    planned(name, scene, seed).inject(harm)
    for service in harm.state().services:
        for path, text in harm.release_files(service).items():
            ast.parse(text, filename=path)


@pytest.mark.parametrize("name", NAMES)
def test_its_example_makes_one(name: str) -> None:
    example: Any = fault.examples[name]
    assert make(name, example).name == name


@pytest.mark.parametrize("card", faults.cards(), ids=lambda card: str(card["name"]))
def test_its_card_says_what_one_sees_how_it_ends_and_where_it_comes_from(card: dict[str, str]) -> None:
    for part in ("From outside", "Parameters", "It ends", "Source"):
        assert part in card["card"]
    for parameter in card["parameters"]:
        assert re.search(rf"\b{parameter}\b", card["card"])


def test_a_fixed_parameter_is_kept(scene: Scene) -> None:
    assert {planned("hang", scene, seed, service="review").service for seed in SEEDS} == {"review"}


def test_a_place_that_users_do_not_pass_is_refused(scene: Scene) -> None:
    with pytest.raises(UsageError, match="no place where users are certainly hurt fits service=user"):
        planned("hang", scene, 1, service="user")


def test_text_becomes_typed_parameters() -> None:
    assert params_from_text("network", ["edge=a->b", "delay=0.3"]) == {"edge": "a->b", "delay": 0.3}
    with pytest.raises(UsageError, match="has no parameter"):
        params_from_text("network", ["edges=a"])
    with pytest.raises(UsageError, match="not a float"):
        params_from_text("network", ["delay=long"])


def test_a_fault_with_missing_or_unknown_parameters_is_refused() -> None:
    with pytest.raises(UsageError, match="misses service"):
        make("hang", {})
    with pytest.raises(UsageError, match="no parameter colour"):
        make("hang", {"service": "hotel", "colour": "red"})


def test_choose_says_which_places_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        choose("hang", [{"service": "a"}, {"service": "b"}], {"service": "c"}, dice("hang", 1))
    assert caught.value.hint == "such places: service=a; service=b"


def test_both_kinds_of_crash_and_both_of_network_happen(scene: Scene) -> None:
    for name, kinds in (("crash-loop", {"config", "deploy"}), ("network", {"delay", "partition"})):
        assert {planned(name, scene, seed).kind for seed in SEEDS} == kinds


async def test_the_deployed_operation_raises_what_was_planned(scene: Scene, harm: RecordingHarm) -> None:
    for seed in SEEDS:
        culprit = planned("bad-deploy-exception", scene, seed)
        change = changed(culprit.inject(harm), harm)
        scope: dict[str, type] = {}
        files = harm.release_files(culprit.service)
        exec(files[f"services/{culprit.service}/handlers.py"], scope)
        owner, other = (scope["Find"](None), scope["TakeRow"]())
        if culprit.operation == "take":
            owner, other = other, owner
        with pytest.raises((KeyError, AttributeError, TypeError)) as caught:
            await owner(None, None)
        assert caught.type.__name__ == culprit.error
        assert await other(None, None) in ("rows", "taken")
        culprit.heal(harm, change)


def test_the_reference_names_every_fault_and_every_word() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "faults.md").read_text()
    assert [name for name in NAMES if f"| {name} |" not in text] == []
    assert [word for word in set(faults.vocabulary()) - set(MECHANISMS) if f"`{word}`" not in text] == []
