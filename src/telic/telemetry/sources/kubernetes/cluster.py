"""Which API server, and what it takes to be let in: an address, a kubeconfig file, or the pod's own account."""

from __future__ import annotations

import base64
import binascii
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from telic.errors import UsageError
from telic.telemetry.sources.place import Place
from telic.telemetry.sources.spec import yaml_of

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def place_of(url: str, headers: Mapping[str, str] | None, ca_file: str, client_file: str) -> Place:
    """Return the place that `url` names.

    Raises
    ------
    UsageError
        A kubeconfig that needs a program to log in, or that does not say where the server is.
    """
    if url == "in-cluster":
        return _in_cluster(headers)
    if "://" in url:
        return Place.of("kubernetes", url, headers, ca_file=ca_file, client_file=client_file)
    return _by_kubeconfig(Path(url).expanduser(), headers)


def _in_cluster(headers: Mapping[str, str] | None) -> Place:
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    try:
        token = (ACCOUNT / "token").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "kubernetes=in-cluster: this is no pod with a service account",
            hint="name the API server, for example kubernetes=http://127.0.0.1:8001 of `kubectl proxy`",
        ) from error
    carried = {"Authorization": f"Bearer {token}", **(headers or {})}
    return Place.of("kubernetes", f"https://{host}:{port}", carried, ca_file=str(ACCOUNT / "ca.crt"))


def _by_kubeconfig(path: Path, headers: Mapping[str, str] | None) -> Place:
    found = yaml_of(path)
    config: Mapping[str, Any] = found if isinstance(found, dict) else {}
    context = _named(config, "contexts", config.get("current-context"), "context")
    cluster = _named(config, "clusters", context.get("cluster"), "cluster")
    user = _named(config, "users", context.get("user"), "user")
    if not isinstance(cluster.get("server"), str):
        raise UsageError(
            f"{path}: its current context names no server", hint="`kubectl config get-contexts` shows them"
        )
    if "exec" in user or "auth-provider" in user:
        raise UsageError(
            f"{path}: its user logs in with a program, which is not run here",
            hint="run `kubectl proxy` and write kubernetes=http://127.0.0.1:8001",
        )
    carried = dict(headers or {})
    if token := user.get("token") or _text_at(path, user.get("tokenFile")):
        carried["Authorization"] = f"Bearer {token}"
    authority = _file(path, cluster, "certificate-authority")
    client = _pair(path, user)
    return Place.of("kubernetes", cluster["server"], carried, ca_file=authority, client_file=client)


def _named(config: Mapping[str, Any], kind: str, name: object, inner: str) -> Mapping[str, Any]:
    for each in config.get(kind) or ():
        if isinstance(each, dict) and each.get("name") == name and isinstance(each.get(inner), dict):
            return each[inner]  # type: ignore[no-any-return]
    return {}


def _text_at(config: Path, name: object) -> str:
    if not isinstance(name, str) or not name:
        return ""
    try:
        return (config.parent / name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{config}: cannot read {name}", hint="check the path in it") from error


def _pem(config: Path, said: Mapping[str, Any], name: str) -> str:
    """Return what ``NAME-data`` holds or the file ``NAME`` says."""
    data = said.get(f"{name}-data")
    if not isinstance(data, str):
        return _text_at(config, said.get(name))
    try:
        return base64.b64decode(data, validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise UsageError(f"{config}: {name}-data is no base64", hint="is the file whole?") from error


def _file(config: Path, said: Mapping[str, Any], name: str) -> str:
    text = _pem(config, said, name)
    return _private(text) if text else ""


def _pair(config: Path, user: Mapping[str, Any]) -> str:
    certificate, key = _pem(config, user, "client-certificate"), _pem(config, user, "client-key")
    return _private(f"{certificate}\n{key}\n") if certificate and key else ""


def _private(text: str) -> str:
    """Write a file that only this user reads; the TLS library takes certificates from files alone."""
    descriptor, name = tempfile.mkstemp(prefix="telic-", suffix=".pem")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    return name
