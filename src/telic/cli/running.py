"""``telic up down status logs``: a system and its state."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import typer

from telic.cli.output import Json, System, console, show, table
from telic.cli.trials import world_name
from telic.model import State, Window
from telic.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command(
        epilog="`telic up hotel`  ·  `telic up ./my-intent.yaml --port 0`  ·  `telic up hotel --world simulated`"
    )(up)
    app.command(epilog="`telic down`  ·  `telic down hotel --json`")(down)
    app.command(epilog="`telic status`  ·  `telic status hotel --json | jq .services.hotel`")(status)
    app.command(epilog="`telic logs hotel booking --since 60`  ·  `telic logs hotel --grep denied --json`")(logs)


def up(
    system: System = "hotel",
    port: Annotated[int | None, typer.Option(help="Published port of the gateway; 0 picks a free one.")] = None,
    otlp_port: Annotated[int | None, typer.Option(help="Published OTLP/HTTP port; 0 picks a free one.")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Discard data, journal and telemetry of an earlier run.")
    ] = False,
    world: Annotated[str, typer.Option(help="local (real processes) or simulated (one process).")] = "local",
    as_json: Json = False,
) -> None:
    """Design a system and leave it running as real processes with real stores."""
    from telic import loop

    settings = Settings.read()
    settings = replace(
        settings,
        port=settings.port if port is None else port,
        otlp_port=settings.otlp_port if otlp_port is None else otlp_port,
    )
    started = time.monotonic()
    steps = (
        (lambda text: None)
        if as_json
        else (lambda text: console.print(f"[dim]{time.monotonic() - started:5.1f} s[/] {text}", highlight=False))
    )
    made = loop.design(system, settings)
    simulated = world_name(world) == "simulated"
    with loop.deploy(made, settings, fresh=fresh, on_step=steps, simulated=simulated) as running:
        about = running.about()
        if as_json:
            show({**about, "seconds": round(time.monotonic() - started, 3)}, as_json=True)
            return
        console.print(
            f"\n[bold]{made.system}[/] is up after {time.monotonic() - started:.1f} s: "
            f"{about['url']}, {_receiving(about)}",
            highlight=False,
        )
        console.print(f"try  curl -s {about['url']}/-/openapi.json", highlight=False, markup=False)
        console.print(
            f"     telic status {made.system} · telic watch {made.system} · telic down {made.system}", highlight=False
        )


def down(system: System = "", as_json: Json = False) -> None:
    """End a running system; its data stay."""
    from telic import loop
    from telic.worlds.local import launch

    name = loop.running(system, Settings.read())
    started = time.monotonic()
    launch.down(Settings.read().system(name))
    seconds = time.monotonic() - started
    show({"system": name, "seconds": round(seconds, 3)}, as_json=as_json, text=f"{name} is down after {seconds:.1f} s")


def status(system: System = "", as_json: Json = False) -> None:
    """Show services, stores, links, versions and recent changes."""
    from telic import loop

    settings = Settings.read()
    with loop.attach(loop.running(system, settings), settings) as world:
        state = world.state()
        if as_json:
            show(state, as_json=True)
            return
        about = world.about()
        console.print(
            f"[bold]{state.system}[/] at {about['url']} · {_receiving(about)} · supervisor pid {about['pid']}\n",
            highlight=False,
        )
        table("", ("", "instance", "version", "config", "pid", "restarts", "up", "memory"), _rows(state))
        for service, until in sorted(state.certificates.items()):
            console.print(f"certificate of {service}: {_left(until - state.time)}", highlight=False)
        changes = world.changes(Window(state.time - 3600, state.time + 1))[-5:]
        if changes:
            console.print()
            rows = [
                (f"{state.time - each.time:.0f} s ago", each.kind, each.entity, each.summary, each.author)
                for each in changes
            ]
            table("last changes", ("when", "kind", "where", "what", "who"), rows)


def _left(seconds: float) -> str:
    """Say how long a certificate is still valid.

    Examples
    --------
    >>> _left(7_776_000.0), _left(-60.0)
    ('90.0 days left', '[red]ran out 60 s ago[/]')
    """
    return f"{seconds / 86_400:.1f} days left" if seconds > 0 else f"[red]ran out {-seconds:.0f} s ago[/]"


def _receiving(about: Mapping[str, object]) -> str:
    return f"OTLP {about['otlp']}" if about["otlp"] else "simulated"


def _rows(state: State) -> list[tuple[str, ...]]:
    colour = {"ready": "[green]●[/]", "starting": "[yellow]●[/]", "stopped": "[dim]●[/]"}
    rows = []
    for service in state.services.values():
        for each in service.instances:
            rows.append((each, each.version, str(service.revision)))
    for store in state.stores.values():
        rows.append((store.instance, store.instance.version, ""))
    return [
        (
            colour.get(each.phase, "[red]●[/]") + f" {each.phase}",
            each.name,
            version,
            revision,
            str(each.pid),
            str(each.restarts),
            f"{max(0.0, state.time - each.started):.0f} s",
            f"{each.memory_bytes / 1e6:.0f} MB",
        )
        for each, version, revision in rows
    ]


def logs(
    system: System = "",
    service: Annotated[str, typer.Argument(help="One service; default: all.")] = "",
    since: Annotated[float, typer.Option(help="How far back [s].")] = 300.0,
    grep: Annotated[str, typer.Option(help="Only lines that contain this text.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many lines, the newest.")] = 200,
    as_json: Json = False,
) -> None:
    """Print what the services logged, oldest first."""
    from telic import loop

    settings = Settings.read()
    with loop.attach(loop.running(system, settings), settings) as world:
        rows = world.store().query(
            "SELECT time_ns, service, version, severity, body, trace_id FROM logs WHERE time_ns >= ? "
            "AND (? = '' OR service = ?) AND (? = '' OR contains(body, ?)) ORDER BY time_ns DESC",
            (int((time.time() - since) * 1e9), service, service, grep, grep),
            limit=limit,
        )
    rows.reverse()
    if as_json:
        show(rows, as_json=True)
        return
    for row in rows:
        stamp = time.strftime("%H:%M:%S", time.localtime(int(str(row["time_ns"])) / 1e9))
        console.print(
            f"{stamp} {row['severity']!s:5} {row['service']!s:10} {row['body']}", markup=False, highlight=False
        )
