"""One case a source: where it is, what it is asked, and a service that its data know."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.telemetry.stored_rows import rows
from tests.telemetry.stored_server import answering

from telic.model import Window
from telic.telemetry.sources import Source, source

T0 = 1795253400  # 2026-11-21T09:30:00Z
WINDOW = Window(T0, T0 + 1800)


@dataclass(frozen=True)
class Case:
    """What is needed to ask one source."""

    name: str
    entity: str = "orders"
    absent: Mapping[str, str] = field(default_factory=dict)  # signals that the recording has nothing of, and why


CASES = {
    each.name: each
    for each in (
        *(Case(name) for name in ("loki", "elasticsearch", "kubernetes", "http", "alertmanager")),
        *(Case(name) for name in ("prometheus", "jaeger", "tempo", "git", "files", "clickhouse", "telic")),
    )
}
SERVED = [name for name in CASES if name not in ("git", "files", "telic")]


def make(name: str, url: str, folder: Path) -> Source:
    """Make a source whose server is at `url`, or whose data are in `folder`."""
    if name == "git":
        return source.create("git", url=str(repository(folder)))
    if name == "files":
        return source.create("files", url=str(files(folder)))
    if name == "telic":
        return source.create("telic", url=str(store(folder)))
    params = dict(source.examples[name])
    path = "/api/deploys" if name == "http" else ""
    return source.create(name, **{**params, "url": url + path})


def store(folder: Path) -> Path:
    """Serve a store on the socket of a receiver whose state is in a folder."""
    made = folder / "store"
    if not made.exists():
        answering(made, rows(T0))
    return made


def repository(folder: Path) -> Path:
    """Make a repository with three commits in the window and one before it."""
    made = folder / "repository"
    if made.exists():
        return made
    made.mkdir()
    author = {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org"}
    author |= {"GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.org", "GIT_CONFIG_GLOBAL": "/dev/null"}
    commits = [
        (-4000, "services/orders/app.py", "limit = 20\n", "orders: first"),
        (100, "services/cart/app.py", "items = []\n", "cart: keep items"),
        (600, "services/orders/app.py", "limit = 5\n", "orders: smaller pool\n\nasked for by finance"),
        (900, "README.md", "# shop \xe9\n", "say what it is"),
    ]
    subprocess.run(["git", "init", "-q", "-b", "main", str(made)], check=True)
    for at, path, text, message in commits:
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(text)
        when = f"{T0 + at} +0000"
        environ = {**os.environ, **author, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        subprocess.run(["git", "-C", str(made), "add", "-A"], check=True, env=environ)
        subprocess.run(["git", "-C", str(made), "commit", "-q", "-m", message], check=True, env=environ)
    return made


def files(folder: Path) -> Path:
    """Make a folder with a file of every kind."""
    made = folder / "files"
    if made.exists():
        return made
    made.mkdir()
    lines = [f"{T0 + 60 * i},orders,queue.length,{i}" for i in range(30)]
    lines += [f"{T0 + 60 * i},cart,queue.length,{i}" for i in range(30)]
    (made / "metrics.csv").write_text("timestamp,service,name,value\n" + "\n".join(lines) + "\n")
    log = [{"ts": (T0 + i) * 1000, "app": "orders", "msg": f"ERROR payment {i} failed", "user": i} for i in range(20)]
    (made / "app.jsonl").write_text("".join(json.dumps(each) + "\n" for each in log) + "no json\n")
    span = {
        **{"traceId": f"{7:032x}", "spanId": f"{8:016x}", "name": "GET /", "kind": 2},
        **{"startTimeUnixNano": str((T0 + 5) * 10**9), "endTimeUnixNano": str((T0 + 6) * 10**9), "status": {"code": 2}},
    }
    origin = {"attributes": [{"key": "service.name", "value": {"stringValue": "orders"}}]}
    export = {"resourceSpans": [{"resource": origin, "scopeSpans": [{"spans": [span]}]}]}
    (made / "traces.jsonl").write_text(json.dumps(export) + "\n")
    change = {"time": "2026-11-21T09:41:00Z", "kind": "deploy", "entity": "orders", "id": "1", "summary": "1.5"}
    (made / "changes.jsonl").write_text(json.dumps(change) + "\n")
    event = {"time": "2026-11-21T09:42:00Z", "kind": "Pod", "entity": "orders", "reason": "Killed", "text": "OOM"}
    (made / "events.jsonl").write_text(json.dumps(event) + "\n")
    alert = {"time": "2026-11-21T09:43:00Z", "name": "Slow", "entity": "orders", "severity": "page", "text": "slow"}
    (made / "alerts.jsonl").write_text(json.dumps(alert) + "\n")
    return made
