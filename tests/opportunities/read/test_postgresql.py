"""A table of a real PostgreSQL server is read, asked about, and never shows its password."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import typer
from typer.testing import CliRunner

from telic.cli import opportunities
from telic.errors import SourceFailed, StoreFailed, UsageError
from telic.opportunities.read import columns, open_source
from telic.worlds.local import postgres
from telic.worlds.local.layout import Layout
from telic.worlds.local.secret_files import secret

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

SETUP = """
CREATE TABLE events (
    session_id text, event text, "timestamp" timestamptz, user_id bigint, beta boolean, price numeric(8, 2), note text);
INSERT INTO events
SELECT lpad((n / 4)::text, 6, '0'), (ARRAY['view', 'add', 'pay', 'bye'])[1 + n % 4],
       timestamptz '2026-03-01 12:00:00+01' + n * interval '1 second', n / 12, n / 4 % 3 = 0,
       CASE WHEN n % 5 > 0 THEN n % 100 / 4.0 END, CASE n % 3 WHEN 0 THEN 'null' WHEN 1 THEN E'a;b\\n"c"' END
FROM generate_series(0, 7999) AS n
WHERE NOT (n % 4 = 2 AND get_byte(decode(md5((n / 4)::text), 'hex'), 0) < CASE n / 4 % 3 WHEN 0 THEN 160 ELSE 50 END);
CREATE SCHEMA shop;
CREATE VIEW shop.buys AS SELECT * FROM events WHERE event = 'pay';
CREATE TABLE nothing (session_id text, event text);
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run a PostgreSQL of its own; its URL."""
    state = Path(tempfile.mkdtemp(prefix="telic-read-"))
    layout = Layout.of(state)
    for folder in (layout.run, layout.secrets, layout.postgres.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    postgres.prepare(layout)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (state / "log").open("w") as log:
        process = subprocess.Popen(postgres.command(layout, port), cwd=layout.postgres, stdout=log, stderr=log)
        try:
            asyncio.run(_filled(layout, port))
            password = quote(secret(layout, postgres.ADMIN_SECRET), safe="")
            host = quote(str(layout.run), safe="")
            yield f"postgresql://{postgres.ADMIN}:{password}@{host}:{port}/{postgres.ADMIN}"
        finally:
            process.kill()
            process.wait()
            postgres.sweep(layout.postgres)
            shutil.rmtree(state)
            shutil.rmtree(layout.run, ignore_errors=True)


async def _filled(layout: Layout, port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(StoreFailed):
            connection = await postgres.connect(layout, port)
            await connection.execute(SETUP)
            await connection.close()
            return
        await asyncio.sleep(0.1)
    raise AssertionError("PostgreSQL does not answer")


def test_a_table_is_read_with_its_types(server: str) -> None:
    source = open_source(f"{server}#events")
    table = source.read(0, source.schema.names)
    assert {each.name: str(each.type) for each in source.schema} == {
        "session_id": "string", "event": "string", "timestamp": "string", "user_id": "int64", "beta": "bool",
        "price": "double", "note": "string",
    }  # fmt: skip
    first = table.slice(1, 1).to_pylist()[0]
    assert first["session_id"] == "000000"  # a text of digits stays one
    assert first["note"] == 'a;b\n"c"'
    assert {"null", None} < set(table.column("note").to_pylist())  # the text is not the missing value
    assert table.column("price").null_count == sum(1 for n in range(8000) if n % 5 == 0 and not _left_out(n))
    taken = columns(source)
    assert (taken.time, taken.event, taken.group, taken.user) == ("timestamp", "event", "session_id", "user_id")
    assert len(open_source(f"{server}#shop.buys").read(0, ["event"])) == sum(
        1 for n in range(2, 8000, 4) if not _left_out(n)
    )


def _left_out(n: int) -> bool:
    lost = hashlib.md5(str(n // 4).encode()).digest()[0] < (160 if n // 4 % 3 == 0 else 50)
    return n % 4 == 2 and lost


def test_the_command_asks_a_database(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.argv", ["telic", "opportunities", f"{server}#events"])
    app = typer.Typer()
    app.callback()(lambda: None)
    opportunities.register(app)
    report = str(tmp_path / "page.html")
    asked = ["--kpi", "converted: session has 'pay'", "--template", "attributes", "--report", report, "--exit-code"]
    said = CliRunner().invoke(app, ["opportunities", f"{server}#events", *asked])
    assert said.exit_code == 1, said.exception
    assert "with beta = true" in said.output, said.output
    password = server.split(":")[2].split("@")[0]
    assert "#events" in (tmp_path / "page.json").read_text()
    for file in (tmp_path / "page.html", tmp_path / "page.json"):
        assert password not in file.read_text()
    assert password not in said.output


def test_what_is_wrong_is_said(server: str) -> None:
    with pytest.raises(UsageError, match="no such table"):
        open_source(f"{server}#event")
    assert open_source(f"{server}#nothing").sizes == []
    wrong = server.replace(server.split(":")[2].split("@")[0], "wrong")
    with pytest.raises(SourceFailed, match="password"):
        open_source(f"{wrong}#events")
