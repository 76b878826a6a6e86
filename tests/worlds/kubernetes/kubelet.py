"""A cluster whose pods are processes of this machine: controllers, a kubelet and a network, as small as a test needs.

Every pod listens at a port of 127.0.0.1; every Service has an address of its own, 127.1.0.N, whose connections go to a
pod that is ready. Names of Services in mounted configuration become these addresses, since there is no DNS. Policies of
the network, limits of resources and schedules are kept and not carried out; stores are those of the wheels.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.worlds.kubernetes.cluster import Cluster, Manifest, valid

from telic.clock import SystemClock
from telic.worlds.child import die_with_parent
from telic.worlds.kubernetes.tunnel import _pump
from telic.worlds.local import postgres, valkey
from telic.worlds.local.layout import Layout

Words = list[str]
TICK = 0.05  # [s]
GRACE = 3.0  # [s]
MOST = 5.0  # of a back-off [s]
OWNERS = ("Deployment", "StatefulSet", "Job")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


@dataclass
class Pod:
    """One pod: what it is made from, and the process that is its container now."""

    name: str
    owner: tuple[str, str]
    template: Manifest
    folder: Path
    ports: dict[int, int]
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    ending: float = 0.0  # since when [s, monotonic]
    restarts: int = 0
    again: float = 0.0  # not before [s, monotonic]
    done: bool = False
    began: float = field(default_factory=time.time)
    last: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return json.dumps(self.template, sort_keys=True)


class Kubelet(Cluster):
    """Implements `telic.worlds.kubernetes.api.Api`; `close` ends every process, and so does this process's end."""

    def __init__(self, namespace: str, design: Path) -> None:
        super().__init__(SystemClock(), namespace)  # type: ignore[arg-type]
        self.folder = Path(tempfile.mkdtemp(prefix="tk-"))
        self._design = design
        self._lock = threading.RLock()
        self._pods: dict[str, Pod] = {}
        self._addresses: dict[str, str] = {}
        self._listeners: list[socket.socket] = []
        self._number = 0
        self._open = True
        self.failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="kubelet", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._open = False
        self._thread.join()
        for each in self._listeners:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for pod in self._pods.values():
            self._kill(pod)
        shutil.rmtree(self.folder, ignore_errors=True)

    # the API

    def get(self, kind: str, name: str) -> Manifest | None:
        with self._lock:
            return super().get(kind, name)

    def list(self, kind: str, labels: Mapping[str, str]) -> list[Manifest]:
        with self._lock:
            return super().list(kind, labels)

    def create(self, manifest: Manifest) -> None:
        if not manifest["kind"].endswith("Chaos"):
            valid(manifest)
        with self._lock:
            super().create(manifest)
            if manifest["kind"] == "PodChaos":
                self._chaos(manifest["spec"])
            if manifest["kind"] == "Service":
                self._serve(manifest)

    def _chaos(self, spec: Manifest) -> None:
        """End containers, the one thing of Chaos Mesh that processes can have."""
        assert spec["action"] == "container-kill"
        chosen = spec["selector"]["labelSelectors"]
        for pod in self._pods.values():
            if chosen.items() <= pod.template["metadata"]["labels"].items() and pod.process is not None:
                pod.process.kill()

    def patch(self, kind: str, name: str, body: Mapping[str, Any]) -> None:
        with self._lock:
            super().patch(kind, name, body)

    def delete(self, kind: str, name: str) -> None:
        with self._lock:
            super().delete(kind, name)

    def dial(self, pod: str, port: int) -> socket.socket:
        with self._lock:
            at = self._pods[pod].ports[port]
        return socket.create_connection(("127.0.0.1", at), timeout=5.0)

    def _observe(self, one: Manifest) -> None:
        metadata = one["metadata"]
        metadata["generation"] = metadata.get("generation", 0) + 1

    # the network

    def _address(self, name: str) -> str:
        """Return the address of a Service, which may come later; of a name that is none, one where nobody listens."""
        return self._addresses.setdefault(name, f"127.1.0.{len(self._addresses) + 10}")

    def _serve(self, service: Manifest) -> None:
        name, (port,) = service["metadata"]["name"], service["spec"]["ports"]
        chosen = service["spec"]["selector"]
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._address(name), port["port"]))
        listener.listen(128)
        self._listeners.append(listener)

        def accept() -> None:
            while True:
                try:
                    near, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=carry, args=(near,), daemon=True).start()

        def carry(near: socket.socket) -> None:
            with self._lock:
                ready = [
                    each.ports[port["targetPort"]]
                    for each in self._pods.values()
                    if each.ready and chosen.items() <= each.template["metadata"]["labels"].items()
                ]
            try:
                far = socket.create_connection(("127.0.0.1", ready[0]), timeout=5.0)
                far.settimeout(None)
            except (OSError, IndexError):
                near.close()
                return
            threading.Thread(target=_pump, args=(far, near), daemon=True).start()
            _pump(near, far)

        threading.Thread(target=accept, name=f"service {name}", daemon=True).start()

    # controllers

    def _run(self) -> None:
        while self._open:
            try:
                with self._lock:
                    self._reconcile()
                for pod in list(self._pods.values()):
                    self._probe(pod)
            except BaseException as error:
                self.failed = error
                raise
            time.sleep(TICK)

    def _reconcile(self) -> None:
        for pod in list(self._pods.values()):
            self._look(pod)
        for (kind, name), one in list(self.objects.items()):
            if kind in OWNERS:
                self._move(kind, name, one)
        for pod in self._pods.values():
            if (pod.owner) not in self.objects and not pod.ending:
                self._end(pod)

    def _move(self, kind: str, name: str, one: Manifest) -> None:
        template = one["spec"]["template"]
        mine = [each for each in self._pods.values() if each.owner == (kind, name)]
        key = json.dumps(template, sort_keys=True)
        new = [each for each in mine if each.key == key and not each.ending]
        old = [each for each in mine if each not in new]
        if kind == "Job":
            if not mine:
                self._begin(kind, name, template)
            one["status"] = {"succeeded": 1} if any(each.done for each in mine) else {}
            return
        wanted = int(one["spec"].get("replicas", 1))
        at_once = kind == "StatefulSet" or (one["spec"].get("strategy") or {}).get("type") == "Recreate"
        if (at_once or sum(each.ready for each in new) >= wanted) and old:
            for each in old:
                self._end(each)
        for each in new[wanted:]:
            self._end(each)
        if len(new) < wanted and not (at_once and old):
            self._begin(kind, name, template)
        ready = sum(each.ready for each in mine if not each.ending)
        one["status"] = {
            "observedGeneration": one["metadata"].get("generation", 0), "updatedReplicas": len(new[:wanted]),
            "replicas": len(mine), "readyReplicas": ready,
        }  # fmt: skip

    # the kubelet

    def _begin(self, kind: str, name: str, template: Manifest) -> None:
        self._number += 1
        pod = f"{name}-{self._number}"
        (container,) = template["spec"]["containers"]
        ports = {each["containerPort"]: free_port() for each in container.get("ports", [])}
        if any("4319" in each for each in container.get("command", [])):
            ports[4319] = free_port()
        made = Pod(pod, (kind, name), json.loads(json.dumps(template)), self.folder / pod, ports)
        made.folder.mkdir()
        self._pods[pod] = made
        self._start(made)

    def _start(self, pod: Pod) -> None:
        spec = pod.template["spec"]
        (container,) = spec["containers"]
        volumes = {each["name"]: each for each in spec.get("volumes", [])}
        mounts: dict[str, Path] = {}
        for each in container.get("volumeMounts", []):
            target = pod.folder / each["mountPath"].lstrip("/")
            target.mkdir(parents=True, exist_ok=True)
            mounts[each["mountPath"]] = target
        for each in container.get("volumeMounts", []):
            self._fill(pod, mounts[each["mountPath"]], volumes.get(each["name"], {}), mounts)
        line = self._store(pod, container)
        with (pod.folder / "log").open("ab") as log:
            pod.process = subprocess.Popen(
                line or self._line(pod, container, mounts),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._environ(container), "TMPDIR": str(pod.folder)},
                start_new_session=True,
                preexec_fn=die_with_parent,  # the thread of this kubelet
            )
        self._tell(pod)

    def _fill(self, pod: Pod, target: Path, volume: Manifest, mounts: Mapping[str, Path]) -> None:
        if "configMap" in volume:
            for name, text in self.objects["ConfigMap", volume["configMap"]["name"]]["data"].items():
                (target / name).write_text(self._resolved(pod, text, mounts) if name == "config.json" else text)
        if "secret" in volume:
            for name, value in self.objects["Secret", volume["secret"]["secretName"]]["data"].items():
                (target / name).write_bytes(base64.b64decode(value))

    def _resolved(self, pod: Pod, text: str, mounts: Mapping[str, Path]) -> str:
        config = json.loads(text)
        config["listen"]["host"] = "127.0.0.1"
        for key, value in config["settings"].items():
            if key.endswith(".host"):
                config["settings"][key] = self._address(value)
            elif isinstance(value, str):
                config["settings"][key] = _mounted(value, mounts)
        endpoint = config["telemetry"]["endpoint"]
        config["telemetry"]["endpoint"] = re.sub(
            r"//([\w-]+):", lambda found: f"//{self._address(found[1])}:", endpoint
        )
        return json.dumps(config)

    def _line(self, pod: Pod, container: Manifest, mounts: Mapping[str, Path]) -> Words:
        words = {"python": sys.executable, "$(POD_NAME)": pod.name, "/design": str(self._design)}
        above = {str(each) for path in mounts for each in Path(path).parents} - {"/"}
        words |= {each: f"{pod.folder}{each}" for each in above}
        found = [words.get(each) or _mounted(each, mounts) for each in container["command"]]
        for inside, outside in pod.ports.items():
            found = [re.sub(rf"(0\.0\.0\.0|127\.0\.0\.1):{inside}$", f"127.0.0.1:{outside}", each) for each in found]
        if "telic.runtime.serve" in found:
            found += ["--port", str(pod.ports[8080])]
        if "telic.worlds.kubernetes.prepare" in found:
            found += ["--host", self._address("postgres")]
        return found

    def _store(self, pod: Pod, container: Manifest) -> Words | None:
        """Return what runs the store whose image a container has; None for no store's."""
        image = str(container["image"])
        if image.startswith("postgres:"):
            return self._postgres(pod, container)
        if image.startswith("valkey/"):
            return [str(valkey.program()), "--bind", "127.0.0.1", "--port", str(pod.ports[6379]), *container["args"]]
        return None

    def _postgres(self, pod: Pod, container: Manifest) -> Words:
        layout = Layout(pod.folder, pod.folder)
        layout.secrets.mkdir(exist_ok=True)
        (layout.secrets / postgres.ADMIN_SECRET).write_text(self._environ(container)["POSTGRES_PASSWORD"])
        postgres.prepare(layout)
        return postgres.command(layout, pod.ports[5432])

    def _environ(self, container: Manifest) -> dict[str, str]:
        found: dict[str, str] = {}
        for each in container.get("env", []):
            asked = (each.get("valueFrom") or {}).get("secretKeyRef")
            if asked:
                found[each["name"]] = base64.b64decode(
                    self.objects["Secret", asked["name"]]["data"][asked["key"]]
                ).decode()
        return found

    def _look(self, pod: Pod) -> None:
        """Notice that a container has ended, and start it again after a back-off."""
        assert pod.process is not None
        code, now = pod.process.poll(), time.monotonic()
        if pod.ending:
            if code is not None:
                del self._pods[pod.name]
                self.objects.pop(("Pod", pod.name), None)
                return
            if now > pod.ending + GRACE:
                self._kill(pod)
            return
        if code is None or pod.done:
            return
        if not pod.again:
            pod.ready = False
            pod.done = pod.owner[0] == "Job" and code == 0
            tail = (pod.folder / "log").read_text(errors="replace")[-300:]
            pod.last = {"terminated": {"exitCode": 128 - code if code < 0 else code, "message": tail}}
            pod.again = now + min(MOST, 0.4 * 2**pod.restarts)
            self._tell(pod)
        elif now >= pod.again:
            pod.again, pod.restarts = 0.0, pod.restarts + 1
            self._start(pod)

    def _end(self, pod: Pod) -> None:
        if pod.ending or pod.process is None:
            return
        pod.ready, pod.ending = False, time.monotonic()
        self._tell(pod)
        with contextlib.suppress(ProcessLookupError):
            pod.process.send_signal(signal.SIGTERM)

    def _kill(self, pod: Pod) -> None:
        if pod.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pod.process.pid, signal.SIGKILL)
            pod.process.wait()

    def _probe(self, pod: Pod) -> None:
        if pod.process is None or pod.ending or pod.again or pod.done or pod.ready:
            return
        (container,) = pod.template["spec"]["containers"]
        probe = container.get("readinessProbe")
        if probe is None:
            return
        at = next(iter(pod.ports.values()))
        try:
            if "httpGet" in probe:
                with urllib.request.urlopen(f"http://127.0.0.1:{at}{probe['httpGet']['path']}", timeout=0.5):
                    pass
            else:
                socket.create_connection(("127.0.0.1", at), timeout=0.5).close()
        except OSError:
            return
        with self._lock:
            pod.ready = not pod.ending
            self._tell(pod)

    def _tell(self, pod: Pod) -> None:
        running = pod.process is not None and pod.process.poll() is None
        state: Manifest = {"running": {"startedAt": stamp(pod.began)}} if running else {"terminated": {}}
        if pod.again and not pod.done:
            state = {"waiting": {"reason": "CrashLoopBackOff"}}
        metadata: Manifest = {"name": pod.name, "labels": pod.template["metadata"]["labels"]}
        if pod.ending:
            metadata["deletionTimestamp"] = stamp(time.time())
        (container,) = pod.template["spec"]["containers"]
        one = {
            "name": container["name"], "state": state, "lastState": pod.last, "started": running, "ready": pod.ready,
            "restartCount": pod.restarts,
        }  # fmt: skip
        ready = {"type": "Ready", "status": str(pod.ready), "lastTransitionTime": stamp(time.time())}
        status = {"startTime": stamp(pod.began), "containerStatuses": [one], "conditions": [ready]}
        self.objects["Pod", pod.name] = {"metadata": metadata, "status": status}


def _mounted(text: str, mounts: Mapping[str, Path]) -> str:
    for path, folder in mounts.items():
        if text == path or text.startswith(f"{path}/"):
            return f"{folder}{text.removeprefix(path)}"
    return text
