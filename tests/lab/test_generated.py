"""The faults work on what the generator really writes."""

from __future__ import annotations

import ast
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from telic import apps, intent
from telic import design as designs
from telic.lab.decoys import decoy
from telic.lab.fault import Scene, make
from telic.lab.faults import LOOP, fault
from telic.lab.sources import statements
from telic.lab.testing import RecordingHarm
from telic.lab.traffic import Place, traffic
from telic.model import Design, Edge, Entity, InstanceState, LinkState, ServiceState, State, Topology

SEEDS = range(10)


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    return designs.generate(intent.read(apps.find("hotel")), tmp_path_factory.mktemp("hotel") / "design")


@pytest.fixture
def harm(design: Design) -> RecordingHarm:
    edges = [Edge(a, b, "uses" if b in design.stores else "calls") for a, b in design.edges]
    ports = {each.name: 22000 + 2 * index for index, each in enumerate(edges)}
    services = {
        each.name: ServiceState(
            each.name,
            "1",
            "",
            1,
            {f"upstream.{callee}.port": ports[f"{each.name}->{callee}"] for callee in each.callees}
            | {"log.level": "INFO"}
            | ({"store.postgres.pool": 3} if "postgres" in each.stores else {}),
            {},
            (InstanceState(f"{each.name}-1", 1, "ready", "1", 0.0),),
        )
        for each in design.services
    }
    releases = {
        name: {
            str(path.relative_to(design.folder)): path.read_text()
            for path in sorted((design.folder / "services" / name).glob("*.py"))
        }
        for name in services
    }
    links = {name: LinkState(name, "a", {"a": port, "b": port + 1}) for name, port in ports.items()}
    entities = (*(Entity(each, "service") for each in services), *(Entity(each, "store") for each in design.stores))
    state = State(design.system, 1000.0, services, links=links)
    return RecordingHarm(state, Topology(design.system, entities, tuple(edges)), releases)


@pytest.fixture
def scene(design: Design, harm: RecordingHarm) -> Scene:
    return Scene(harm, design, harm.changes)


def planned(name: str, scene: Scene, seed: int) -> Any:
    factory: Any = fault.factory(name)
    return make(name, factory.plan(scene, seed, {}))


def loaded(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", LOOP)
def test_every_fault_finds_a_place_hurts_and_heals(name: str, scene: Scene, harm: RecordingHarm) -> None:
    places = set()
    for seed in SEEDS:
        healthy = harm.snapshot()
        culprit = planned(name, scene, seed)
        truth = culprit.inject(harm)
        assert harm.snapshot() != healthy
        kind = "edge" if "->" in truth.entity else "service"
        assert traffic(scene.design).share(Place(kind, truth.entity)) >= 0.05
        places.add(truth.entity)
        culprit.heal(harm, next((each for each in harm.log if each.id == truth.change), None))
        assert harm.snapshot() == healthy
    assert len(places) > 1


def test_the_slow_statement_is_the_only_thing_that_differs(scene: Scene, harm: RecordingHarm) -> None:
    for seed in SEEDS:
        culprit = planned("bad-deploy-slow-query", scene, seed)
        before = {each.name: each for each in statements(harm.release_files(culprit.service))}
        truth = culprit.inject(harm)
        after = {each.name: each for each in statements(harm.release_files(culprit.service))}
        assert after.keys() == before.keys()
        assert [name for name in after if after[name].sql != before[name].sql] == [culprit.statement]
        assert before[culprit.statement].sql in after[culprit.statement].sql
        assert after[culprit.statement].reads
        culprit.heal(harm, next(each for each in harm.log if each.id == truth.change))


async def test_the_deployed_operation_raises_and_its_neighbours_do_not_change(
    scene: Scene, harm: RecordingHarm, design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(design.folder))
    for seed in SEEDS:
        culprit = planned("bad-deploy-exception", scene, seed)
        path = f"services/{culprit.service}/handlers.py"
        before = ast.parse(harm.release_files(culprit.service)[path])
        truth = culprit.inject(harm)
        text = harm.release_files(culprit.service)[path]
        after = ast.parse(text)
        changed = [
            getattr(new, "name", "")
            for old, new in zip(before.body, after.body, strict=True)
            if ast.dump(old) != ast.dump(new)
        ]
        owner = "".join(part.capitalize() for part in culprit.operation.split("_"))
        assert changed == [owner]
        (tmp_path / "handlers.py").write_text(text)
        handler = loaded(tmp_path / "handlers.py", "edited_handlers")
        with pytest.raises((KeyError, AttributeError, TypeError)) as caught:
            await getattr(handler, owner).__call__(None, None, None)
        assert caught.type.__name__ == culprit.error
        culprit.heal(harm, next(each for each in harm.log if each.id == truth.change))
    for name in [each for each in sys.modules if each.split(".")[0] == "services"]:
        del sys.modules[name]


def test_decoys_leave_every_tree_as_it_was(scene: Scene, harm: RecordingHarm) -> None:
    for seed in SEEDS:
        culprit = planned("hang", scene, seed)
        before = {each: dict(harm.release_files(each)) for each in harm.state().services}
        change = decoy(scene, seed, hurt=(culprit,))
        assert change.entity not in ("gateway", culprit.service)
        for path, text in harm.release_files(change.entity).items():
            assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(before[change.entity][path]))


def test_a_workload_without_a_popular_place_is_no_surprise(scene: Scene, design: Design) -> None:
    quiet = replace(design, workloads=(replace(design.workloads[0], mix={"F7": 1.0}),))
    assert planned("hang", replace(scene, design=quiet), 1).service == "user"
