"""The objects that a design becomes: as the published schemas have them, with what each pod may read and reach."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.worlds.kubernetes.cluster import Manifest, valid
from tests.worlds.kubernetes.shop import OPTIONS
from typer.testing import CliRunner

from telic import cli, loop
from telic.errors import UsageError
from telic.model import Design
from telic.runtime import config as runtime_config
from telic.settings import Settings
from telic.worlds.kubernetes import names, receiver, starting
from telic.worlds.kubernetes.manifests import manifests, secrets_of


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


def test_what_reads_from_a_replica_is_refused_by_name(design: Design) -> None:
    first, *others = design.services
    reads = replace(first, stores=(*first.stores, "postgres-replica"))
    wanted = replace(design, services=(reads, *others), stores=(*design.stores, "postgres-replica"))
    with pytest.raises(UsageError, match="no postgres-replica in a cluster"):
        every(wanted)


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
