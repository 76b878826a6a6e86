"""The commands of docs/how-to/connect-your-telemetry.md, as they stand there, against recorded answers."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML
from tests.docs.pages import ROOT, blocks, commands
from tests.telemetry.sources.cases import T0, repository
from tests.telemetry.sources.replays import REPLAYS
from tests.telemetry.sources.serving import serving
from tests.telemetry.stored_rows import rows
from tests.telemetry.stored_server import answering
from typer.testing import CliRunner

from telic.cli import context, diagnose, record
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.decoder import READERS
from telic.telemetry.sources import read, source
from telic.worlds import recorded

PAGE = "docs/how-to/connect-your-telemetry.md"
TEXT, BLOCKS, COMMANDS = (ROOT / PAGE).read_text(), blocks(PAGE), commands(PAGE)
ADDRESSES = {
    "http://127.0.0.1:9090": "prometheus",
    "https://metrics.example/prometheus": "prometheus",
    "http://127.0.0.1:3100": "loki",
    "http://127.0.0.1:16686": "jaeger",
    "http://127.0.0.1:8001": "kubernetes",
    "https://ci.example": "http",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A working folder with the page's files, and the addresses that stand for its servers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METRICS_TOKEN", "metrics-token")
    monkeypatch.setenv("CI_TOKEN", "ci-token")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TELIC_HOME", str(tmp_path))
    with ExitStack() as stack:
        urls = {url: stack.enter_context(serving(REPLAYS[name])).url for url, name in ADDRESSES.items()}
        for name, first in (("sources.yaml", "- source: prometheus"), ("deploys.yaml", "url: https://ci")):
            (block,) = [each for each in BLOCKS if each.startswith(first)]
            (tmp_path / name).write_text(put(block.partition("\n\n")[0] + "\n", urls))
        yield urls


def put(text: str, urls: dict[str, str]) -> str:
    for address, url in urls.items():
        text = text.replace(address, url)
    return text


def test_the_page_has_its_commands() -> None:
    assert [shlex.split(each)[1] for each in COMMANDS] == [
        *("record", "diagnose", "context", "diagnose", "record", "record", "serve", "query"),
        *("diagnose", "serve"),
    ]


def test_every_command_of_the_page_works(here: dict[str, str], tmp_path: Path) -> None:
    app = typer.Typer()
    for module in (record, diagnose, context):
        module.register(app)
    repository(tmp_path).rename(tmp_path / "clone")
    answering(tmp_path / "telemetry", rows(T0))
    listed = (tmp_path / "sources.yaml").read_text().replace("url: .\n", "url: clone\n")
    (tmp_path / "sources.yaml").write_text(listed)
    for line in COMMANDS:
        if line.split()[1] in ("serve", "query"):
            continue  # they need a process of their own: tests/telemetry does that
        words = shlex.split(put(line, here))[1:]
        if "--at" not in words and "--source" in words:
            words += ["--at", "2026-11-21T10:00:00Z"]  # what was recorded lies there
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"
        assert "token" not in result.output
    assert sorted(each.parent.name for each in tmp_path.glob("*/incident.yaml")) == [
        *("checkout-is-slow", "last-hour", "with-deploys"),
    ]
    assert "ci-token" not in "".join(each.read_text() for each in tmp_path.glob("*/sources.json"))
    assert (tmp_path / "with-deploys" / "changes.jsonl").read_text().count("deploy") == 6


def test_a_source_that_is_down_leaves_a_partial_diagnosis_that_says_so(here: dict[str, str], tmp_path: Path) -> None:
    app = typer.Typer()
    diagnose.register(app)
    sources = f"prometheus={here['http://127.0.0.1:9090']},jaeger=http://127.0.0.1:9"
    words = ["--source", sources, "--at", "2026-11-21T10:00:00Z", "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    missing = json.loads(result.stdout)["missing"]
    assert any(each.startswith("no traces: jaeger at http://127.0.0.1:9 does not answer") for each in missing)
    assert list(tmp_path.glob("*/incident.yaml")) == []
    nothing = CliRunner().invoke(app, [])
    assert "no incident is named" in str(nothing.exception)


def test_the_event_of_the_page_is_a_change_of_the_diagnosis(here: dict[str, str], tmp_path: Path) -> None:
    (line,) = [each for each in BLOCKS if each.startswith("curl ")]
    words = shlex.split(line)
    assert words[2:6] == ["http://127.0.0.1:4318/v1/logs", "-H", f"Content-Type: {otlp.JSON}", "-d"]
    message = otlp.parse("logs", words[6].encode(), otlp.JSON)
    answering(tmp_path / "telemetry", {"logs": list(READERS["logs"](message, (T0 + 60) * 10**9).rows())})
    app = typer.Typer()
    diagnose.register(app)
    command = ["incident", "--source", "telic=telemetry", "--at", "2026-11-21T10:00:00Z"]
    assert CliRunner().invoke(app, command).exit_code == 0
    (made,) = recorded.read(tmp_path / "incident").changes()
    assert (made.kind, made.entity, made.time, made.author) == ("deploy", "checkout", T0 + 60, "ann")
    assert (made.id[:7], made.after, made.diff) == ("4f2a91c", "1.5.0", "POOL_SIZE: 20 -> 5")
    assert made.summary == "checkout 1.5.0: a smaller pool of connections"


def test_every_source_stands_in_the_table() -> None:
    assert set(re.findall(r"^\| `([a-z]+)=", TEXT, re.M)) == set(source)


def test_the_address_with_a_variable_is_read() -> None:
    (found,) = re.findall(r"`--source '(.*?)'`", TEXT)
    (made,) = read(found, {**os.environ, "LOKI_PASSWORD": "hunter22"})
    assert made.where == "https://logs.example"


def test_snippets_for_others_are_yaml() -> None:
    snippets = [each for each in BLOCKS if each.startswith(("exporters:", "receivers:"))]
    assert len(snippets) == 2
    for each in snippets:
        assert YAML(typ="safe").load(each)
