"""A design on Kubernetes: objects as the published schemas have them, verbs that can be taken back, faults."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.worlds.kubernetes.cluster import Cluster, Manifest, valid
from typer.testing import CliRunner

from telic import cli, loop
from telic.clock import VirtualClock
from telic.errors import ActionRefused, StoreFailed, TelicError, UsageError, WorldUnavailable
from telic.model import Action, Call, Design, Grant, ServiceDesign, ServiceOperation, Window
from telic.model.intent import Capacity
from telic.model.weather import Weather
from telic.runtime import config as runtime_config
from telic.runtime.wiring import EdgePolicy, Wiring
from telic.settings import Settings
from telic.worlds.kubernetes import chaos, names, receiver, starting
from telic.worlds.kubernetes.api import connect
from telic.worlds.kubernetes.manifests import manifests, release, secrets_of
from telic.worlds.kubernetes.observed import instance
from telic.worlds.kubernetes.pods import Options
from telic.worlds.kubernetes.world import KubernetesWorld

NOW = 1_790_000_000.0
OPTIONS = Options(namespace="shop", image="registry.example/shop:1", replicas=2, telemetry="http://collector:4318")


@pytest.fixture
def design(tmp_path: Path) -> Design:
    """A gateway that calls a cart, which keeps its lines in PostgreSQL and a cache."""
    folder = tmp_path / "design"
    for name in ("gateway", "cart"):
        (folder / "services" / name).mkdir(parents=True)
        (folder / "services" / name / "app.py").write_text(f'"""{name}: ünïcode."""\n', encoding="utf-8")
        (folder / "services" / name / "handlers.py").write_text("x = 1\n")
    (folder / "seed").mkdir()
    (folder / "seed" / "cart.lines.jsonl").write_text("{}\n")
    see = ServiceOperation("see", ("F1",), (), (), calls=(Call("cart", "get"),))
    gateway = ServiceDesign("gateway", "gateway", (), (see,))
    cart = ServiceDesign(
        "cart", "owner", ("cart",), (ServiceOperation("get", (), (), ()),),
        stores=("postgres", "valkey"), capacity=Capacity("cart", slots=8, service_time=0.01),
    )  # fmt: skip
    wiring = Wiring(edges={"gateway->cart": EdgePolicy(timeout=0.5)})
    grants = (Grant("cart", "cart.lines", ("SELECT",)),)
    return Design(
        "shop", "sha256:0", (gateway, cart), ("postgres", "valkey"), grants, wiring, (), (), hash="sha256:abc",
        folder=folder,
    )  # fmt: skip


@pytest.fixture
def cluster(design: Design) -> Cluster:
    made = Cluster(VirtualClock(NOW))
    starting.start(made, design, OPTIONS)
    return made


@pytest.fixture
def world(cluster: Cluster, tmp_path: Path) -> KubernetesWorld:
    return KubernetesWorld(cluster, "shop", cluster._clock, tmp_path / "state")


def every(design: Design) -> list[Manifest]:
    return manifests(design, OPTIONS, starting.made_up(design))


def named(found: list[Manifest], kind: str, name: str) -> Manifest:
    (one,) = (each for each in found if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return one


def test_every_object_is_what_the_published_schema_says(design: Design) -> None:
    found = every(design)
    for each in {each["kind"]: each for each in found}.values():
        valid(each)
    assert {each["kind"] for each in found} == {
        "ConfigMap", "Deployment", "Job", "Namespace", "NetworkPolicy", "PodDisruptionBudget", "Secret", "Service",
        "StatefulSet",
    }  # fmt: skip
    with pytest.raises(Exception, match="replicaz"):
        valid({**found[-2], "spec": {**found[-2]["spec"], "replicaz": 1}})


def test_a_pod_reads_a_configuration_that_the_runtime_takes(design: Design) -> None:
    found = every(design)
    for service in design.services:
        text = named(found, "ConfigMap", f"{service.name}-config-1")["data"]["config.json"]
        config = runtime_config.parse(text.encode(), service.name)
        assert (config.service, config.listen.host, config.listen.port) == (service.name, "0.0.0.0", names.PORT)
        assert config.telemetry.endpoint == "http://collector:4318"
    gateway = runtime_config.parse(named(found, "ConfigMap", "gateway-config-1")["data"]["config.json"].encode(), "")
    assert gateway.address("upstream.cart") == ("cart", names.PORT)
    assert gateway.edge("cart").timeout == 0.5
    cart = runtime_config.parse(named(found, "ConfigMap", "cart-config-1")["data"]["config.json"].encode(), "")
    assert (cart.address("store.postgres"), cart.address("store.valkey")) == (("postgres", 5432), ("valkey", 6379))
    pod = named(found, "Deployment", "cart")["spec"]["template"]["spec"]
    (mounted,) = (each["mountPath"] for each in pod["containers"][0]["volumeMounts"] if each["name"] == "secrets")
    assert str(cart.settings["store.postgres.password_file"]) == f"{mounted}/cart"


def test_a_pod_knows_its_own_secrets_alone(design: Design) -> None:
    found = every(design)
    known = {each["metadata"]["name"]: set(each["stringData"]) for each in found if each["kind"] == "Secret"}
    assert known["gateway-secrets"] == {"token.key"}
    assert known["cart-secrets"] == {"token.key", "cart"}
    values = [value for each in found if each["kind"] == "Secret" for value in each["stringData"].values()]
    assert len(set(values)) == len(secrets_of(design)), "one for each name, the same wherever it is needed"
    rest = json.dumps([each for each in found if each["kind"] != "Secret"])
    assert not any(value in rest for value in values)
    with pytest.raises(UsageError, match="no secret cart"):
        manifests(design, OPTIONS, {each: "x" for each in secrets_of(design) if each != "cart"})


def test_a_queue_has_a_disk_and_a_user_for_each_service(design: Design) -> None:
    cart = replace(design.services[1], stores=("nats", "postgres", "valkey"))
    queued = replace(design, services=(design.services[0], cart), stores=("nats", "postgres", "valkey"))
    found = every(queued)
    pod = named(found, "StatefulSet", "nats")
    valid(pod)
    assert pod["spec"]["volumeClaimTemplates"]
    assert named(found, "Service", "nats")["spec"]["ports"][0]["port"] == 4222
    server = json.loads(named(found, "Secret", "nats-config")["stringData"]["nats.conf"])
    users = {each["user"]: each["password"] for each in server["authorization"]["users"]}
    assert users.keys() == {"telic", "cart"}
    assert named(found, "Secret", "cart-secrets")["stringData"]["nats.cart"] == users["cart"]
    config = runtime_config.parse(named(found, "ConfigMap", "cart-config-1")["data"]["config.json"].encode(), "")
    assert config.address("store.nats") == ("nats", 4222)


def test_nobody_talks_but_along_the_designs_edges(design: Design) -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in every(design) if each["kind"] == "NetworkPolicy"}
    assert policies["nobody-talks"]["podSelector"] == {"matchLabels": {names.PART_OF: "shop"}}
    assert "ingress" not in policies["nobody-talks"]

    def callers(name: str) -> set[str]:
        rules = policies[f"{name}-edges"]["ingress"]
        return {peer["podSelector"]["matchLabels"][names.NAME] for rule in rules for peer in rule.get("from", ())}

    assert (callers("cart"), callers("postgres"), callers("valkey")) == ({"gateway"}, {"cart", "prepare"}, {"cart"})
    assert policies["gateway-edges"]["ingress"] == [{"ports": [{"protocol": "TCP", "port": names.PORT}]}]
    assert [
        each["to"][0]["podSelector"]["matchLabels"][names.NAME] for each in policies["gateway-edges"]["egress"][:1]
    ] == ["cart"]
    ports = [each["ports"][0]["port"] for each in policies["cart-edges"]["egress"]]
    assert sorted(ports) == [53, 4318, 5432, 6379]


def test_what_was_started_can_be_observed(world: KubernetesWorld) -> None:
    assert [(each.caller, each.callee, each.kind) for each in world.topology().edges] == [
        ("cart", "postgres", "uses"), ("cart", "valkey", "uses"), ("gateway", "cart", "calls"),
    ]  # fmt: skip
    assert world.topology().entry == "gateway"
    state = world.state()
    cart = state.services["cart"]
    assert (cart.version, cart.previous_version, cart.revision, cart.replicas) == ("1", "", 1, 2)
    assert cart.config["store.postgres.pool"] == 3
    assert set(state.stores) == {"postgres", "valkey"}
    assert world.changes(Window(0.0, NOW + 1.0)) == []
    assert set(world.release_files("cart")) == {"services/cart/app.py", "services/cart/handlers.py"}
    with pytest.raises(StoreFailed, match="telemetry"):
        world.store().query("SELECT 1")


def test_a_second_start_changes_no_secret_and_no_revision(cluster: Cluster, design: Design) -> None:
    before = {key: dict(each) for key, each in cluster.objects.items() if key[0] in ("Secret", "ConfigMap")}
    assert starting.start(cluster, design, OPTIONS) == []
    assert {key: each for key, each in cluster.objects.items() if key[0] in ("Secret", "ConfigMap")} == before
    gone = starting.end(cluster, "shop")
    assert "StatefulSet/postgres" in gone
    assert {kind for kind, _ in cluster.objects} == {"Namespace", "ReplicaSet"}, "the cluster removes what pods own"


def test_a_setting_is_changed_by_a_new_revision_and_taken_back(cluster: Cluster, world: KubernetesWorld) -> None:
    wanted = Action("set_config", "cart", {"key": "store.postgres.pool", "value": "9"}, "more of them")
    assert world.dry_run(wanted) == "cart: store.postgres.pool 3 -> 9, as revision 2, rolled out"
    assert not cluster.patched
    cluster._clock._now += 60.0
    undo = world.apply(wanted)
    assert (world.state().services["cart"].revision, world.state().services["cart"].config["store.postgres.pool"]) == (
        2,
        9,
    )
    (change,) = world.changes(Window(NOW, NOW + 100.0))
    assert (change.kind, change.author, change.diff, change.time) == (
        "config", "telic", "store.postgres.pool: 3 -> 9", NOW + 60.0,
    )  # fmt: skip
    assert undo.action is not None
    world.apply(undo.action)
    assert world.state().services["cart"].config["store.postgres.pool"] == 3
    for kind, name in (("Deployment", "cart"), ("ConfigMap", "cart-config-3")):
        valid({**(cluster.get(kind, name) or {})})
    volumes = cluster.objects["Deployment", "cart"]["spec"]["template"]["spec"]["volumes"]
    assert {"name": "config", "configMap": {"name": "cart-config-3"}} in volumes


def test_a_version_is_rolled_back(cluster: Cluster, world: KubernetesWorld, design: Design) -> None:
    cart = design.service("cart")
    cluster.create(release(design, cart, OPTIONS, {"app.py": "broken\n"}, "2"))
    world.apply(Action("rollback", "cart", {"version": "2"}))
    cart_now = world.state().services["cart"]
    assert (cart_now.version, cart_now.previous_version) == ("2", "1")
    assert world.release_files("cart") == {"services/cart/app.py": "broken\n"}
    assert [(each.kind, each.before, each.after) for each in world.changes(Window(0, 2e9))] == [("deploy", "1", "2")]
    undo = world.apply(Action("rollback", "cart"))
    assert world.state().services["cart"].version == "1"
    assert str(undo.action) == "rollback cart (version=2)"
    valid(cluster.objects["Deployment", "cart"])


def test_scale_restart_and_policy(cluster: Cluster, world: KubernetesWorld) -> None:
    undo = world.apply(Action("scale", "cart", {"replicas": 0}))
    assert (world.state().services["cart"].replicas, str(undo.action)) == (0, "scale cart (replicas=2)")
    world.apply(Action("restart", "cart"))
    world.apply(Action("restart", "postgres"))
    assert cluster.patched[-1] == ("StatefulSet", "postgres")
    assert sorted(each.kind for each in world.changes(Window(0, 2e9))) == ["restart", "scale"]
    undo = world.apply(Action("set_policy", "gateway->cart", {"policy": '{"timeout": 2.0}'}))
    policies = world.state().services["gateway"].policies
    assert policies["gateway->cart"]["timeout"] == 2.0  # type: ignore[index]
    assert undo.action is not None
    world.apply(undo.action)
    assert world.state().services["gateway"].policies["gateway->cart"]["timeout"] == 0.5  # type: ignore[index]
    for name in ("cart", "gateway"):
        valid(cluster.objects["Deployment", name])


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Action("failover", "gateway->cart"), "no verb 'failover'"),
        (Action("restart", "carts"), "no service 'carts'"),
        (Action("rollback", "cart", {"version": "9"}), "no version '9'"),
        (Action("rollback", "cart", {"version": "1"}), "runs version 1 already"),
        (Action("set_config", "cart", {"key": "poool", "value": 1}), "no setting 'poool'"),
        (Action("set_config", "cart", {"key": "store.postgres.pool", "value": "many"}), "is no int"),
        (Action("scale", "cart", {"replicas": 2}), "it has 2"),
        (Action("scale", "cart", {"replicas": -1}), "it has 2"),
        (Action("set_policy", "gateway->cart", {"policy": "{"}), "not a policy"),
        (Action("set_policy", "gateway->user", {"policy": "{}"}), "no edge"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_happens(
    cluster: Cluster, world: KubernetesWorld, wanted: Action, said: str
) -> None:
    with pytest.raises(ActionRefused, match=re.escape(said)):
        world.apply(wanted)
    assert not cluster.patched


def pod(**status: Any) -> Manifest:
    return {"metadata": {"name": "cart-x", "labels": {names.VERSION: "1"}}, "status": status}


@pytest.mark.parametrize(
    ("status", "phase", "last_exit"),
    [
        ({}, "starting", ""),
        ({"conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": [{"started": True}]}, "ready", ""),
        (
            {"conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [{"started": True}]},
            "unready",
            "",
        ),
        (
            {
                "containerStatuses": [
                    {
                        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
                        "restartCount": 4,
                    }
                ]
            },
            "backoff",
            "signal 9 (OOMKilled)",
        ),
    ],
)
def test_pods_are_instances(status: Manifest, phase: str, last_exit: str) -> None:
    found = instance(pod(**status))
    assert (found.phase, found.last_exit) == (phase, last_exit)


SELECTOR = {
    "type": "object", "additionalProperties": False,
    "properties": {
        "namespaces": {"type": "array", "items": {"type": "string"}},
        "labelSelectors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}  # fmt: skip
MODE = {"enum": ["one", "all", "fixed", "fixed-percent", "random-max-percent"]}


def _texts(*fields: str) -> Manifest:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {each: {"type": "string"} for each in fields},
    }


NUMBERS = {"limit": {"type": "integer", "minimum": 1}, "buffer": {"type": "integer", "minimum": 1}}
COMMON = {"mode": MODE, "selector": SELECTOR}
FIELDS: dict[str, tuple[Manifest, list[str]]] = {
    "NetworkChaos": (
        {
            "action": {"enum": ["netem", "delay", "loss", "duplicate", "corrupt", "partition", "bandwidth"]},
            "direction": {"enum": ["to", "from", "both", ""]},
            "target": {"type": "object", "properties": COMMON, "required": ["mode", "selector"]},
            "delay": {**_texts("latency", "jitter", "correlation"), "required": ["latency"]},
            "loss": {**_texts("loss", "correlation"), "required": ["loss", "correlation"]},
            "corrupt": {**_texts("corrupt", "correlation"), "required": ["corrupt", "correlation"]},
            "bandwidth": {
                "type": "object", "additionalProperties": False, "required": ["rate", "limit", "buffer"],
                "properties": {"rate": {"type": "string", "pattern": r"^\d+[kmgt]?bps$"}, **NUMBERS},
            },
        },
        ["action", "mode", "selector"],
    ),
    "PodChaos": (
        {
            "action": {"enum": ["pod-kill", "pod-failure", "container-kill"]}, "gracePeriod": {"type": "integer"},
            "containerNames": {"type": "array", "items": {"type": "string"}},
        },
        ["action", "mode", "selector"],
    ),
    "StressChaos": (
        {
            "stressors": {
                "type": "object", "additionalProperties": False,
                "properties": {
                    "cpu": {"properties": {"workers": {"type": "integer"}, "load": {"type": "integer"}}},
                    "memory": {"properties": {"workers": {"type": "integer"}, "size": {"type": "string"}}},
                },
            }
        },
        ["mode", "selector"],
    ),
    "TimeChaos": (
        {"timeOffset": {"type": "string"}, "clockIds": {"type": "array", "items": {"type": "string"}}},
        ["mode", "selector", "timeOffset"],
    ),
}  # fmt: skip
"""Fields of the published definitions (chaos-mesh.org/v1alpha1), as far as these objects use them."""


def of_chaos(manifest: Manifest) -> Manifest:
    properties, required = FIELDS[manifest["kind"]]
    schema = {"additionalProperties": False, "properties": {**COMMON, **properties}, "required": required}
    jsonschema = pytest.importorskip("jsonschema", reason="no validator of JSON schemas is installed")
    jsonschema.validate(manifest["spec"], schema)
    assert manifest["apiVersion"] == "chaos-mesh.org/v1alpha1"
    assert set(manifest["metadata"]) == {"name", "namespace", "labels"}
    spec: Manifest = manifest["spec"]
    return spec


@pytest.mark.parametrize(
    ("weather", "action"),
    [
        (Weather(delay=0.2, jitter=0.05), "delay"), (Weather(loss=0.25), "loss"), (Weather(drop=True), "partition"),
        (Weather(corrupt=0.1), "corrupt"), (Weather(rate=20_000.0), "bandwidth"),
    ],
)  # fmt: skip
def test_the_weather_of_an_edge_is_network_chaos(weather: Weather, action: str) -> None:
    spec = of_chaos(chaos.link("shop", "shop", "gateway->cart", weather))
    assert (spec["action"], spec["direction"]) == (action, "both")
    assert spec["selector"]["labelSelectors"] == names.selector("shop", "gateway")
    assert spec["target"]["selector"]["labelSelectors"] == names.selector("shop", "cart")


def test_faults_of_a_service() -> None:
    assert of_chaos(chaos.killed("shop", "shop", "cart"))["action"] == "pod-kill"
    assert of_chaos(chaos.stopped("shop", "shop", "cart"))["action"] == "pod-failure"
    assert of_chaos(chaos.busy("shop", "shop", "cart", 0.25))["stressors"]["cpu"] == {"workers": 3, "load": 100}
    assert of_chaos(chaos.filled("shop", "shop", "cart", 64e6))["stressors"]["memory"]["size"] == "61MB"
    assert of_chaos(chaos.skewed("shop", "shop", "cart", -30.0))["timeOffset"] == "-30s"
    assert of_chaos(chaos.ended("shop", "shop", "cart"))["containerNames"] == ["cart"]


@pytest.mark.parametrize(
    ("weather", "direction"),
    [
        (Weather(drop=True, way="there"), "from"), (Weather(drop=True, way="back"), "to"),
        (Weather(delay=0.1, way="there"), "to"),
    ],
)  # fmt: skip
def test_one_way_is_done_where_the_callee_is(weather: Weather, direction: str) -> None:
    spec = of_chaos(chaos.link("shop", "shop", "gateway->cart", weather))
    assert spec["selector"]["labelSelectors"] == names.selector("shop", "cart")
    assert spec["target"]["selector"]["labelSelectors"] == names.selector("shop", "gateway")
    assert spec["direction"] == direction


@pytest.mark.parametrize(
    ("edge", "weather"),
    [("cart", Weather(delay=1.0)), ("gateway->cart", Weather()), ("gateway->cart", Weather(fail=0.5))],
)
def test_what_chaos_mesh_cannot_do_says_so(edge: str, weather: Weather) -> None:
    with pytest.raises(UsageError):
        chaos.link("shop", "shop", edge, weather)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("app", ["hotel", "shop", "social"])
def test_every_object_of_every_app_is_what_the_published_schema_says(app: str, tmp_path: Path) -> None:
    made = loop.design(app, replace(Settings.read({}), home=tmp_path))
    for each in manifests(made, OPTIONS, starting.made_up(made)):
        valid(each)


def test_manifests_are_written_for_a_cluster_of_ones_own(
    design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "design", lambda system, settings: design)
    out = tmp_path / "hotel-k8s"
    asked = ["kubernetes", "manifests", "hotel", "--out", str(out), "--image", "registry.example/hotel:7"]
    done = CliRunner().invoke(cli.face(["kubernetes"]), asked)
    assert done.exit_code == 0, done.output
    assert sorted(each.name for each in out.iterdir()) == [
        "00-namespace.yaml", "10-secrets.yaml", "20-network.yaml", "30-stores.yaml", "40-services.yaml", "Dockerfile",
        "design",
    ]  # fmt: skip
    assert (out / "10-secrets.yaml").stat().st_mode & 0o077 == 0
    assert (out / "design" / "seed" / "cart.lines.jsonl").is_file()
    services = (out / "40-services.yaml").read_text()
    assert services.count("kind: Deployment") == 2
    assert "registry.example/hotel:7" in services
    again = CliRunner().invoke(cli.face(["kubernetes"]), asked)
    assert isinstance(again.exception, UsageError)


def test_without_a_cluster_the_next_step_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("kubernetes", reason="the extra `kubernetes` is not installed")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(UsageError, match="no cluster"):
        connect("shop", kubeconfig=str(tmp_path / "none"))
    empty = KubernetesWorld(Cluster(VirtualClock(NOW)), "shop", VirtualClock(NOW), tmp_path)
    with pytest.raises(WorldUnavailable, match="no shop in namespace shop"):
        empty.state()
    with pytest.raises(TelicError):
        empty.ask("ping")


def test_a_receiver_takes_telemetry_from_the_systems_pods_alone() -> None:
    found = receiver.manifests("shop", "ns", "shop:1")
    for each in found:
        valid(each)
    policy = named(found, "NetworkPolicy", "telemetry-edges")["spec"]
    assert policy["egress"] == []
    assert [each["from"][0]["podSelector"]["matchLabels"] for each in policy["ingress"]] == [{names.PART_OF: "shop"}]
    pod = named(found, "Deployment", "telemetry")["spec"]["template"]
    assert names.selector("shop").items() - pod["metadata"]["labels"].items(), "it is no part of the system"
    command = pod["spec"]["containers"][0]["command"]
    assert command[command.index("--ask") + 1].startswith("127.0.0.1:"), "only a forwarded port reaches questions"


def test_pods_send_to_a_receiver_of_their_namespace_and_nowhere_else(design: Design) -> None:
    near = manifests(design, replace(OPTIONS, telemetry=receiver.ENDPOINT), starting.made_up(design))
    for each in near:
        valid(each) if each["kind"] == "NetworkPolicy" else None
    (way,) = (
        rule
        for rule in named(near, "NetworkPolicy", "cart-edges")["spec"]["egress"]
        if rule["ports"][0]["port"] == receiver.OTLP
    )
    assert way["to"] == [{"podSelector": {"matchLabels": {names.NAME: "telemetry"}}}]
