"""The official client against an API server that answers from a script; the live part needs a cluster."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from telic import loop
from telic.clock import SystemClock
from telic.errors import UsageError, WorldError, WorldUnavailable
from telic.model.weather import Weather
from telic.settings import Settings
from telic.worlds.kubernetes import chaos, starting
from telic.worlds.kubernetes.api import ClientApi, connect, has_chaos
from telic.worlds.kubernetes.manifests import manifests
from telic.worlds.kubernetes.pods import Options
from telic.worlds.kubernetes.starting import made_up
from telic.worlds.kubernetes.world import KubernetesWorld

CART = {"metadata": {"name": "cart", "labels": {"a": "b"}}, "spec": {"replicas": 2}}
KUBECONFIG = """apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: one, user: me}}]
clusters: [{name: one, cluster: {server: "URL"}}]
users: [{name: me, user: {token: secret-token}}]
"""


class Server:
    """Answers from `answers` (verb and path to status and body) and notes what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}
        self.asked: list[tuple[str, str, str, str, Any]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path, _, query = self.path.partition("?")
                kind, who = self.headers.get("Content-Type", ""), self.headers.get("Authorization", "")
                server.asked.append((self.command, path, query, kind, json.loads(body or b"null")))
                assert who == "Bearer secret-token"
                status, answer = server.answers.get((self.command, path), (404, {"message": "not found"}))
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_DELETE = _any

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.http.shutdown()
    thread.join()
    made.http.server_close()


@pytest.fixture
def api(server: Server, tmp_path: Path) -> Iterator[ClientApi]:
    pytest.importorskip("kubernetes", reason="the extra `kubernetes` is not installed")
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG.replace("URL", server.url))
    found = connect("shop", kubeconfig=str(path))
    yield found
    found.client.rest_client.pool_manager.clear()


def test_five_calls_are_those_of_the_api(server: Server, api: ClientApi) -> None:
    many, one = "/apis/apps/v1/namespaces/shop/deployments", "/apis/apps/v1/namespaces/shop/deployments/cart"
    chaotic = "/apis/chaos-mesh.org/v1alpha1/namespaces/shop/networkchaos"
    server.answers = {
        ("GET", one): (200, CART),
        ("GET", many): (200, {"items": [CART]}),
        ("POST", many): (201, CART),
        ("PATCH", one): (200, CART),
        ("DELETE", one): (200, {}),
        ("POST", chaotic): (201, {}),
        ("GET", "/apis"): (200, {"groups": [{"name": "apps"}, {"name": "chaos-mesh.org"}]}),
    }
    assert api.get("Deployment", "cart") == CART
    assert api.get("Deployment", "gone") is None
    assert api.list("Deployment", {"a": "b", "c": "d"}) == [{"kind": "Deployment", **CART}]
    api.create({"kind": "Deployment", **CART})
    api.patch("Deployment", "cart", {"spec": {"replicas": 3, "paused": None}})
    api.delete("Deployment", "cart")
    api.delete("Deployment", "gone")
    api.create(chaos.link("shop", "shop", "gateway->cart", Weather(delay=0.1)))
    assert has_chaos(api)
    asked = [each for each in server.asked if "gone" not in each[1]]
    assert [each[:2] for each in asked] == [
        ("GET", one), ("GET", many), ("POST", many), ("PATCH", one), ("DELETE", one), ("POST", chaotic),
        ("GET", "/apis"),
    ]  # fmt: skip
    assert asked[1][2] == "labelSelector=a%3Db%2Cc%3Dd"
    assert asked[3][3:] == ("application/merge-patch+json", {"spec": {"replicas": 3, "paused": None}})
    assert asked[5][4]["kind"] == "NetworkChaos"


def test_what_the_api_refuses_is_told(server: Server, api: ClientApi, tmp_path: Path) -> None:
    server.answers = {
        ("GET", "/api/v1/namespaces/shop/pods"): (403, {"message": "pods is forbidden"}),
        ("POST", "/api/v1/namespaces/shop/secrets"): (409, {"message": "already exists"}),
    }
    with pytest.raises(WorldError, match=r"namespaces/shop/pods: status 403: pods is forbidden") as refused:
        api.list("Pod", {})
    assert "roles" in refused.value.hint
    with pytest.raises(WorldError, match="409"):
        api.create({"kind": "Secret", "metadata": {"name": "x"}})
    with pytest.raises(WorldError, match="no place for ConfigMap x"):
        api.create({"kind": "ConfigMap", "metadata": {"name": "x"}})
    with pytest.raises(WorldError, match="no Deployment gone"):
        api.patch("Deployment", "gone", {})
    with pytest.raises(UsageError, match="no kind 'Gateway'"):
        api.get("Gateway", "x")


def test_a_cluster_that_is_not_there_is_unavailable(server: Server, api: ClientApi) -> None:
    server.http.server_close()
    with pytest.raises(WorldUnavailable, match="does not answer"):
        api.get("Pod", "x")


@pytest.mark.live
@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize("service", ["gateway", "search"])
def test_a_pods_command_serves_from_its_own_volumes(service: str, tmp_path: Path) -> None:
    design = loop.design("hotel", replace(Settings.read({}), home=tmp_path / "home"))
    made = {(each["kind"], each["metadata"]["name"]): each for each in manifests(design, Options(), made_up(design))}
    pod = made["Deployment", service]["spec"]["template"]["spec"]
    volumes, (container,) = {each["name"]: each for each in pod["volumes"]}, pod["containers"]
    for mount in container["volumeMounts"]:
        volume, target = volumes[mount["name"]], tmp_path / mount["mountPath"].lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        data = made["ConfigMap", volume["configMap"]["name"]]["data"] if "configMap" in volume else {}
        data |= made["Secret", volume["secret"]["secretName"]]["stringData"] if "secret" in volume else {}
        for name, text in data.items():
            (target / name).write_text(text.replace("/state/secrets", str(tmp_path / "state" / "secrets")))
    words = {"python": sys.executable, "$(POD_NAME)": "pod-1", "/release": str(tmp_path / "release")}
    command = [words.get(each, each.replace("/config/", f"{tmp_path}/config/")) for each in container["command"]]
    with subprocess.Popen([*command, "--port", "0"], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            port = next(found[1] for line in process.stderr if (found := re.search(r"serves at port (\d+)", line)))
            path = container["readinessProbe"]["httpGet"]["path"]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10.0) as answer:
                assert json.loads(answer.read()) == {
                    "service": service,
                    "version": "1",
                    "revision": 1,
                    "instance": "pod-1",
                }
        finally:
            process.terminate()
    assert process.returncode == 0


@pytest.mark.live
@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_a_design_starts_in_a_cluster_and_obeys(tmp_path: Path) -> None:
    """Needs TELIC_KUBERNETES: the context of a cluster that may pull TELIC_KUBERNETES_IMAGE."""
    context = os.environ.get("TELIC_KUBERNETES", "")
    if not context:
        pytest.skip("TELIC_KUBERNETES names no context of a cluster")
    image = os.environ.get("TELIC_KUBERNETES_IMAGE", "telic-system:latest")
    api = connect("telic-test", context=context)
    design = loop.design("hotel", replace(Settings.read({}), home=tmp_path))
    starting.start(api, design, Options(namespace="telic-test", image=image))
    try:
        world = KubernetesWorld(api, design.system, SystemClock(), tmp_path)
        assert set(world.state().services) == {each.name for each in design.services}
    finally:
        starting.end(api, design.system)
