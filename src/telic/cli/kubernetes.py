"""``telic kubernetes``: a system's manifests, and a system in a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.output import Json, System, console, show, table
from telic.settings import Settings

if TYPE_CHECKING:
    from telic.worlds.kubernetes.api import ClientApi
    from telic.worlds.kubernetes.pods import Options

Namespace = Annotated[str, typer.Option(help="Where it goes; default: one called as the system.")]
Image = Annotated[str, typer.Option(help="The image of every service; build it from the Dockerfile.")]
Replicas = Annotated[int, typer.Option(min=1, help="Pods of every service at first.")]
Telemetry = Annotated[str, typer.Option(help="Where services send OTLP over HTTP, http://HOST:PORT.")]
Context = Annotated[str, typer.Option(help="Of the kubeconfig; default: the current one.")]
IMAGE = "telic-system:latest"


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(no_args_is_help=True, help="A system's manifests, and a system in a cluster.")
    group.command(epilog="`telic kubernetes manifests hotel --out hotel-k8s && kubectl apply -f hotel-k8s`")(manifests)
    group.command(epilog="`telic kubernetes up hotel --image registry.example/hotel:1 --replicas 2`")(up)
    group.command(epilog="`telic kubernetes status hotel`")(status)
    group.command(epilog="`telic kubernetes down hotel`")(down)
    app.add_typer(group, name="kubernetes")


def manifests(
    system: System,
    out: Annotated[Path, typer.Option(help="The folder to write; it must not exist.")],
    namespace: Namespace = "",
    image: Image = IMAGE,
    replicas: Replicas = 1,
    telemetry: Telemetry = "",
    as_json: Json = False,
) -> None:
    """Write what a cluster needs to run a system: manifests, new secrets, and a Dockerfile with its files."""
    from telic import loop
    from telic.worlds.kubernetes import starting

    made = loop.design(system, Settings.read())
    written = starting.write(made, out, _options(namespace or made.system, image, replicas, telemetry))
    show(
        [str(each) for each in written],
        as_json=as_json,
        text="\n".join(
            [
                *(str(each) for each in written),
                f"next: docker build -t {image} {out} && docker push {image}",
                f"      kubectl apply -f {out}",
            ]
        ),
    )


def up(
    system: System,
    namespace: Namespace = "",
    image: Image = IMAGE,
    replicas: Replicas = 1,
    telemetry: Telemetry = "",
    context: Context = "",
    as_json: Json = False,
) -> None:
    """Start a system in the cluster of the kubeconfig; what is there already is moved to what the design says."""
    from telic import loop
    from telic.worlds.kubernetes import starting

    made = loop.design(system, Settings.read())
    options = _options(namespace or made.system, image, replicas, telemetry)
    found = starting.start(_api(options.namespace, context), made, options)
    show(found, as_json=as_json, text=f"{len(found)} objects made; next: `telic kubernetes status {made.system}`")


def status(system: System, namespace: Namespace = "", context: Context = "", as_json: Json = False) -> None:
    """Show services, stores, versions and pods of a system in a cluster."""
    from telic.clock import SystemClock
    from telic.worlds.kubernetes.world import KubernetesWorld

    world = KubernetesWorld(_api(namespace or system, context), system, SystemClock(), Settings.read().system(system))
    state = world.state()
    if as_json:
        show(state, as_json=True)
        return
    rows = [
        (each.name, each.version, str(each.revision), pod.name, pod.phase, str(pod.restarts), pod.last_exit)
        for each in state.services.values()
        for pod in each.instances
    ]
    table(
        f"{system} in {world.api.namespace}",
        ("service", "version", "config", "pod", "phase", "restarts", "exit"),
        rows,
    )
    for store in state.stores.values():
        console.print(f"{store.name}: {store.instance.phase}", highlight=False)


def down(system: System, namespace: Namespace = "", context: Context = "", as_json: Json = False) -> None:
    """Remove a system from a cluster; its namespace and its disks stay."""
    from telic.worlds.kubernetes import starting

    gone = starting.end(_api(namespace or system, context), system)
    show(gone, as_json=as_json, text=f"{len(gone)} objects removed; disks and namespace stay")


def _options(namespace: str, image: str, replicas: int, telemetry: str) -> Options:
    from telic.worlds.kubernetes.pods import Options

    return Options(namespace=namespace, image=image, replicas=replicas, telemetry=telemetry)


def _api(namespace: str, context: str) -> ClientApi:
    from telic.worlds.kubernetes.api import connect

    return connect(namespace, context=context)
