"""The API of a cluster, as far as a world needs it: calls on objects, and a way to a port, over the official client."""

from __future__ import annotations

import importlib
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from telic.errors import UsageError, WorldError, WorldUnavailable
from telic.registry import near_names
from telic.worlds.kubernetes.names import query
from telic.worlds.kubernetes.pods import Manifest

WITHIN = 15.0  # one call [s]
CHAOS_GROUP, CHAOS_VERSION = "chaos-mesh.org", "v1alpha1"
KINDS = {
    "ConfigMap": ("api/v1", "configmaps"),
    "Deployment": ("apis/apps/v1", "deployments"),
    "Job": ("apis/batch/v1", "jobs"),
    "Namespace": ("api/v1", ""),
    "NetworkPolicy": ("apis/networking.k8s.io/v1", "networkpolicies"),
    "Pod": ("api/v1", "pods"),
    "PodDisruptionBudget": ("apis/policy/v1", "poddisruptionbudgets"),
    "ReplicaSet": ("apis/apps/v1", "replicasets"),
    "Secret": ("api/v1", "secrets"),
    "Service": ("api/v1", "services"),
    "StatefulSet": ("apis/apps/v1", "statefulsets"),
    **{
        kind: (f"apis/{CHAOS_GROUP}/{CHAOS_VERSION}", kind.lower())
        for kind in ("NetworkChaos", "PodChaos", "StressChaos", "TimeChaos")
    },
}
"""Group with version, and the resource's name in addresses."""

_JSON, _MERGE = "application/json", "application/merge-patch+json"
_BACKGROUND = (("propagationPolicy", "Background"),)  # what an object owns goes with it


class Api(Protocol):
    """One namespace of a cluster."""

    @property
    def namespace(self) -> str:
        """What it is called."""
        ...

    def get(self, kind: str, name: str) -> Manifest | None:
        """Return an object; None where there is none."""
        ...

    def list(self, kind: str, labels: Mapping[str, str]) -> list[Manifest]:
        """Return the objects with these labels."""
        ...

    def create(self, manifest: Manifest) -> None:
        """Make an object."""
        ...

    def patch(self, kind: str, name: str, body: Mapping[str, Any]) -> None:
        """Merge `body` into an object (RFC 7386: null removes, lists are replaced)."""
        ...

    def delete(self, kind: str, name: str) -> None:
        """Remove an object; one that is not there is removed already."""
        ...

    def groups(self) -> set[str]:
        """Return the groups of kinds that the cluster knows."""
        ...

    def dial(self, pod: str, port: int) -> socket.socket:
        """Return a connection to a port of a pod, over the API; `WorldError` where none can be made."""
        ...


@dataclass(frozen=True)
class ClientApi:
    """The official client on one namespace; made by `connect`."""

    namespace: str
    client: Any  # kubernetes.client.ApiClient: addresses, certificates, tokens, connections

    def get(self, kind: str, name: str) -> Manifest | None:
        """Return an object; None where there is none."""
        return self.ask("GET", self._path(kind, name))

    def list(self, kind: str, labels: Mapping[str, str]) -> list[Manifest]:
        """Return the objects with these labels."""
        found = self.ask("GET", self._path(kind), [("labelSelector", query(labels))] if labels else [])
        return [{"kind": kind, **each} for each in (found or {}).get("items", [])]

    def create(self, manifest: Manifest) -> None:
        """Make an object; unknown fields are refused."""
        path = self._path(str(manifest["kind"]))
        if self.ask("POST", path, [("fieldValidation", "Strict")], manifest) is None:
            name = manifest["metadata"]["name"]
            raise WorldError(f"no place for {manifest['kind']} {name}", hint=f"is there a namespace {self.namespace}?")

    def patch(self, kind: str, name: str, body: Mapping[str, Any]) -> None:
        """Merge `body` into an object."""
        if self.ask("PATCH", self._path(kind, name), [("fieldValidation", "Strict")], body, _MERGE) is None:
            raise WorldError(f"no {kind} {name} in {self.namespace}", hint="is the system deployed there?")

    def delete(self, kind: str, name: str) -> None:
        """Remove an object, and whatever it owns."""
        self.ask("DELETE", self._path(kind, name), _BACKGROUND)

    def groups(self) -> set[str]:
        """Return the groups of kinds that the cluster knows."""
        return {str(each.get("name", "")) for each in (self.ask("GET", "/apis") or {}).get("groups", [])}

    def dial(self, pod: str, port: int) -> socket.socket:
        """Return a connection to a port of a pod, over the API.

        What listens on the pod's loopback device is reached so, and by nobody else.

        Raises
        ------
        WorldError
            The pod is gone, or the account may not forward ports.
        """
        sockets: Any = importlib.import_module("kubernetes.stream.ws_client")
        path = f"{self._path('Pod', pod)}/portforward"
        method, url, headers, *_ = self._serialized("GET", path, [("ports", str(port))], {"Accept": "*/*"})
        try:
            found: socket.socket = sockets.portforward_call(
                self.client.configuration, method, url, headers=headers
            ).socket(port)
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("websocket", "kubernetes"):
                raise
            raise WorldError(
                f"port {port} of pod {pod} cannot be reached: {error}",
                hint="the account needs `create` on `pods/portforward`",
            ) from error
        return found

    def ask(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        body: Mapping[str, Any] | None = None,
        content: str = _JSON,
    ) -> Manifest | None:
        """Send one request and return its answer; None: there is no such thing.

        Raises
        ------
        WorldUnavailable
            Nobody answers.
        WorldError
            The API refuses.
        """
        headers = {"Accept": _JSON, **({"Content-Type": content} if body is not None else {})}
        made = self._serialized(method, path, params, headers, body)
        try:
            answer = self.client.call_api(*made, _request_timeout=WITHIN)
            data = answer.read()
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("urllib3", "kubernetes"):
                raise
            raise WorldUnavailable(f"the cluster does not answer: {error}", hint="`kubectl cluster-info`") from error
        if answer.status == 404:
            return None
        if not 200 <= answer.status < 300:
            raise _refused(method, path, int(answer.status), data)
        found: Manifest = json.loads(data or b"{}")
        return found

    def _serialized(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        return self.client.param_serialize(
            method=method,
            resource_path=path,
            query_params=list(params),
            header_params=dict(headers),
            body=body,
            auth_settings=["BearerToken"],
        )

    def _path(self, kind: str, name: str = "") -> str:
        if kind not in KINDS:
            raise UsageError(f"no kind {kind!r}", hint=near_names(kind, KINDS))
        group, word = KINDS[kind]
        parts = [group, "namespaces", *([self.namespace, word] if word else []), name]
        return "/" + "/".join(each for each in parts if each)


def connect(namespace: str, *, context: str = "", kubeconfig: str = "") -> ClientApi:
    """Return the API of the cluster that a kubeconfig names, or of the cluster around this pod.

    Parameters
    ----------
    context, kubeconfig
        As `kubectl` takes them; "": what is current.

    Raises
    ------
    UsageError
        The client is not installed, or nothing says where a cluster is.
    """
    try:
        module: Any = importlib.import_module("kubernetes.client")
        config: Any = importlib.import_module("kubernetes.config")
    except ModuleNotFoundError as error:
        raise UsageError("the client of Kubernetes is not installed", hint="pip install 'telic[kubernetes]'") from error
    try:
        client = config.new_client_from_config(kubeconfig or None, context or None)
    except config.ConfigException as wrong:
        try:
            made: Any = module.Configuration()
            config.load_incluster_config(made)
            client = module.ApiClient(made)
        except config.ConfigException:
            raise UsageError(
                f"no cluster: {wrong}", hint="`kubectl config get-contexts` shows what there is"
            ) from wrong
    return ClientApi(namespace, client)


def has_chaos(api: Api) -> bool:
    """Whether the cluster has Chaos Mesh."""
    return CHAOS_GROUP in api.groups()


def _refused(method: str, path: str, status: int, data: bytes) -> WorldError:
    try:
        said = str(json.loads(data).get("message", ""))
    except (ValueError, AttributeError):
        said = ""
    hint = "see the account's roles" if status in (401, 403) else "see `kubectl get events`"
    return WorldError(f"{method} {path}: status {status}: {said}".rstrip(": "), hint=hint, status=status)
