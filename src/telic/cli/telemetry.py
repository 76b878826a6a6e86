"""``telic serve query``: an OTLP endpoint for any sender, and questions about what it keeps."""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path
from typing import Annotated

import typer

from telic.cli.asked import receiving
from telic.cli.output import Json, console, errors, show, table
from telic.errors import NotEnoughData, UsageError, WorldUnavailable
from telic.settings import Settings, run_folder
from telic.telemetry.wire import ROWS_MAX

LISTEN, GRPC = "127.0.0.1:4318", "127.0.0.1:4317"
EVERYWHERE = ("0.0.0.0", "[::]")
State = Annotated[Path | None, typer.Option(help="Folder of the telemetry; default: `telemetry` in TELIC_HOME.")]
SHOWN = 200  # rows that people see at once [1]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command(epilog="`telic serve`  ·  `telic serve --listen 127.0.0.1:14318 --state ./telemetry --hours 24`")(serve)
    app.command(
        epilog='`telic query "SELECT service, count(*) FROM spans GROUP BY 1"`  ·  '
        "`telic query \"SELECT attribute(attributes, 'http.route') FROM spans\" --json`"
    )(query)


def serve(
    listen: Annotated[str, typer.Option(help="Address for OTLP/HTTP (protobuf and JSON).")] = LISTEN,
    grpc: Annotated[str, typer.Option(help="Address for OTLP/gRPC; empty for none.")] = GRPC,
    remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let other machines reach these addresses: anybody there can write.")
    ] = False,
    state: State = None,
    gigabytes: Annotated[float, typer.Option("--gigabytes", help="The oldest hours go when there is more.")] = 2.0,
    hours: Annotated[float, typer.Option("--hours", help="How long rows are kept; 0 as long as they fit.")] = 0.0,
    forward: Annotated[str, typer.Option(help="Another OTLP/HTTP endpoint that gets a copy.")] = "",
    fast: Annotated[bool | None, typer.Option(help="Compile the decoding (extra `fast`).")] = None,
) -> None:
    """Take OpenTelemetry from any SDK or collector and keep it, until Ctrl-C."""
    from telic.telemetry import receiver

    if gigabytes <= 0 or hours < 0:
        raise UsageError(
            f"--gigabytes {gigabytes:g} --hours {hours:g} would keep nothing", hint="give positive numbers"
        )
    if remote:
        _warn(listen, grpc)
    folder = _folder(state)
    with_grpc = grpc if grpc and (grpc != GRPC or _installed("grpc")) else ""
    options = receiver.Options(
        state=folder,
        socket=run_folder(folder) / "telemetry.sock",
        bytes=round(gigabytes * 1e9),
        hours=hours,
        listen=(listen,),
        grpc=with_grpc,
        allow_remote=remote,
        forward=forward,
        fast=_installed("numba") if fast is None else fast,
    )
    receiver.run(options, lambda: _explain(folder, listen, with_grpc))


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT over spans, logs, metrics (or otel_spans and so on).")],
    state: State = None,
    system: Annotated[str, typer.Option(help="Ask a running system instead, for example hotel.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=ROWS_MAX, help="At most so many rows.")] = 10_000,
    timeout: Annotated[float, typer.Option(help="How long it may take [s].")] = 30.0,
    as_json: Json = False,
) -> None:
    """Ask what `telic serve` or a running system keeps, while it is being written.

    Where one of them runs here, nothing has to be named.
    """
    from telic.telemetry.client import TelemetryClient

    if state is not None and system:
        raise UsageError("--state and --system say two places", hint="give one of them")
    folder = Settings.read().system(system or _only()) if state is None else _folder(state)
    client = TelemetryClient(run_folder(folder) / "telemetry.sock")
    try:
        reply = client.reply(sql, limit=limit, timeout=timeout)
    except WorldUnavailable as error:
        start = f"telic up {system}" if system else "telic serve" if state is None else f"telic serve --state {folder}"
        raise WorldUnavailable(f"nothing takes telemetry for {folder}", hint=f"start it with `{start}`") from error
    finally:
        client.close()
    rows = reply.records()
    if reply.truncated:
        more = "group in SQL, or ask for a part with WHERE" if limit == ROWS_MAX else f"--limit takes up to {ROWS_MAX}"
        errors.print(f"cut off after {limit} rows, there are more: {more}", highlight=False)
    if as_json:
        show(rows, as_json=True)
        return
    if not rows:
        raise NotEnoughData(
            "no rows", hint="`telic query \"SELECT 'spans', count(*) FROM spans\"` tells whether anything arrived"
        )
    table("", tuple(rows[0]), ([_text(value) for value in row.values()] for row in rows[:SHOWN]))
    if len(rows) > SHOWN:
        console.print(f"[dim]… {len(rows) - SHOWN} more rows; --json prints them[/]")


def _only() -> str:
    """Return the name of the one state here whose telemetry is taken; that of `telic serve` where it is not one."""
    found = receiving()
    return found[0] if len(found) == 1 else "telemetry"


def _folder(state: Path | None) -> Path:
    folder = state or Settings.read().home / "telemetry"
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", hint="--state takes a folder")
    return folder.resolve()


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _warn(listen: str, grpc: str) -> None:
    """Say what --allow-remote means; it is nothing without an address that other machines reach."""
    from telic.telemetry.listeners import is_remote

    opened = [each for each in (listen, grpc) if each and is_remote(each)]
    if not opened:
        raise UsageError(
            f"--allow-remote opens nothing: {listen} is on this machine alone",
            hint="name the address too, such as --listen 0.0.0.0:4318",
        )
    said = (
        "can write to it; there is no authentication and no encryption. Questions are answered on this machine alone."
    )
    errors.print(f"[bold yellow]warning[/]: anybody who reaches {' or '.join(opened)} {said}", highlight=False)


def _explain(folder: Path, listen: str, grpc: str) -> None:
    host, _, port = listen.rpartition(":")
    url = f"http://{platform.node() if host in EVERYWHERE else host}:{port}"
    console.print(f"OTLP/HTTP  http://{listen}   (OTEL_EXPORTER_OTLP_ENDPOINT={url})", highlight=False)
    if grpc:
        console.print(f"OTLP/gRPC  {grpc}", highlight=False)
    else:
        console.print("OTLP/gRPC  not served" + ("" if _installed("grpc") else ': pip install "telic[grpc]"'))
    console.print(f"kept in    {folder}", highlight=False)
    console.print('ask        telic query "SELECT service, count(*) AS spans FROM spans GROUP BY 1"', markup=False)
    console.print("[dim]SDKs export spans every 5 s and metrics every 60 s unless told otherwise. Ctrl-C ends.[/]")


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)
