"""Recorded arrivals as the shape of a load."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pytest

from telic.errors import UsageError
from telic.model.intent import Keys, Workload
from telic.worlds.load.plan import arrivals, load_of
from telic.worlds.load.shapes import read_shape
from telic.worlds.load.traces import WINDOW, read_trace

DATA = Path(os.environ.get("TELIC_DATA", Path(__file__).parents[4] / "shared" / "data")) / "llm_inference_traces"
AZURE = "azure2023/data/AzureLLMInferenceTrace_conv.csv"
MOONCAKE = "mooncake_fast25/FAST25-release/traces/conversation_trace.jsonl.gz"
HEAD = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two windows: three requests, then one."""
    path = tmp_path / "trace.csv"
    rows = [("00.5", 10, 1), ("01.25", 20, 2), ("02.0000001", 30, 3), ("06.5", 40, 4)]
    path.write_text(HEAD + "".join(f"2023-11-16 18:17:{at},{read},{made}\n" for at, read, made in rows))
    return path


def test_the_rate_follows_the_trace_and_begins_again(table: Path) -> None:
    trace = read_trace(str(table))
    assert [trace.factor(at) for at in (0.0, WINDOW, 2 * WINDOW)] == [1.5, 0.5, 1.5]
    assert trace.peak == 1.5
    assert read_trace(str(table), speed=5.0).factor(1.5) == 0.5
    assert {trace.sizes(random.Random(seed)) for seed in range(40)} == {(10, 1), (20, 2), (30, 3), (40, 4)}


def test_lines_of_json_are_a_trace_too(tmp_path: Path) -> None:
    rows = ((0, 7, 3), (9000, 8, 4))
    lines = "".join(
        f'{{"timestamp": {at}, "input_length": {read}, "output_length": {made}}}\n' for at, read, made in rows
    )
    path = tmp_path / "trace.jsonl.gz"
    path.write_bytes(gzip.compress(lines.encode()))
    shape = read_shape(f"trace:{path}@2", 10.0)
    assert shape.sizes is not None
    assert shape.sizes(random.Random(1)) in ((7, 3), (8, 4))
    assert len(list(arrivals(50.0, shape, 10.0, arrival="constant", seed=1))) == pytest.approx(500, abs=2)


@pytest.mark.parametrize(
    "text",
    ["", HEAD, HEAD + "2023-11-16 18:17:03,1,1\n", HEAD + "yesterday,1,1\n", "a,b\n1,2\n", "{", '{"timestamp": 1}'],
)
def test_what_is_no_trace_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.write_text(text)
    with pytest.raises(UsageError, match="trace"):
        read_shape(f"trace:{path}", 10.0)


def test_a_missing_trace_or_no_speed_is_refused(table: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_shape("trace:nowhere.csv", 10.0)
    with pytest.raises(UsageError, match="speed"):
        read_shape(f"trace:{table}@0", 10.0)


@pytest.mark.parametrize("name", [AZURE, pytest.param(MOONCAKE, marks=pytest.mark.nightly)])
def test_real_traces_are_read(name: str) -> None:
    if not (DATA / name).is_file():
        pytest.skip(f"no {name} in TELIC_DATA")
    trace = read_trace(str(DATA / name))
    assert trace.peak > 1.0
    read, made = trace.sizes(random.Random(1))
    assert read > 0
    assert made > 0


def test_a_load_plans_the_tokens_of_a_trace(table: Path) -> None:
    workload = Workload("W1", "normal", "poisson", 20.0, {"F1": 1.0}, Keys(1.0, 10))
    planned = list(load_of(workload, rate=None, shape=f"trace:{table}", seconds=10.0, seed=1))
    assert {each.size for each in planned} == {(10, 1), (20, 2), (30, 3), (40, 4)}
    early = sum(each.at < WINDOW for each in planned)
    assert early > 2 * (len(planned) - early)
    assert all(each.size is None for each in load_of(workload, rate=None, shape="constant", seconds=1.0, seed=1))
