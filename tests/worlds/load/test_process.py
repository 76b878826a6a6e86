"""The generator as a process: against a real socket, ended early, ended with its parent, given nonsense."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from telic.errors import InvalidDesign, UsageError, WorldError
from telic.model import load
from telic.worlds import load as loads
from telic.worlds.load.__main__ import main
from telic.worlds.load.order import About
from telic.worlds.load.record import read
from telic.worlds.load.run import address
from telic.worlds.load.testing import ModelSystem, Server
from telic.worlds.load.welcome import USERS

SIGNED_UP = 2 * USERS  # requests before the measured time: each user signs up and logs in


async def test_it_drives_a_real_socket_and_everything_is_right(
    design_folder: Path, system: ModelSystem, tmp_path: Path
) -> None:
    async with Server(system) as server:
        url = f"http://127.0.0.1:{server.port}"
        path = tmp_path / "load.jsonl"
        with loads.start(design_folder, url, record=path, workload="normal", rate=200.0, seconds=1.0) as process:
            record = await asyncio.to_thread(process.finish)
    assert record.correct() == 1.0
    assert record.total() == sum(system.asked.values()) - SIGNED_UP
    assert 100 < record.total() < 320
    about = load(About, path.with_suffix(".run.json").read_bytes(), schema="telic/load/v1")
    assert (about.workload, about.rate, about.seed) == ("W1", 200.0, 1)


async def test_stopped_early_it_leaves_a_whole_record(design_folder: Path, system: ModelSystem, tmp_path: Path) -> None:
    path = tmp_path / "load.jsonl"
    async with Server(system) as server:
        url = f"http://127.0.0.1:{server.port}"
        with loads.start(design_folder, url, record=path, workload="W1", seconds=3600.0) as process:
            async with asyncio.timeout(20):
                for _ in range(SIGNED_UP + 30):
                    await server.asked.acquire()
            await asyncio.to_thread(process.stop)
            assert not process.running()
    assert read(path).total() == sum(system.asked.values()) - SIGNED_UP
    assert read(path).correct() == 1.0


def test_it_ends_with_its_parent(design_folder: Path, tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys, time\n"
        "from telic.worlds.load import start\n"
        f"process = start(pathlib.Path({str(design_folder)!r}), 'http://127.0.0.1:9', "
        f"record=pathlib.Path({str(tmp_path / 'load.jsonl')!r}), workload='W1', seconds=3600.0)\n"
        "print(process.pid, flush=True)\n"
        "time.sleep(3600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
        assert child.wait(timeout=10) is None, "gone; it was nobody's child of ours"


def test_waiting_for_its_order_it_ends_with_its_parent(design_folder: Path, tmp_path: Path) -> None:
    script = (
        "import pathlib, time\n"
        "from telic.worlds.load import LoadProcess\n"
        f"process = LoadProcess(pathlib.Path({str(design_folder)!r}), log=pathlib.Path({str(tmp_path / 'log')!r}))\n"
        "print(process.pid, flush=True)\n"
        "time.sleep(3600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
        assert child.wait(timeout=10) is None, "gone; it was nobody's child of ours"


def test_without_a_parent_s_order_it_ends_by_itself(design_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "telic.worlds.load", "--ordered", str(design_folder)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, cwd=tmp_path, capture_output=True, timeout=60, check=True)
    assert done.stdout == done.stderr == b""
    half = subprocess.run(command, input=b'["--url", "http', cwd=tmp_path, capture_output=True, timeout=60, check=True)
    assert half.stdout == half.stderr == b"", "whoever gave the order ended over it"
    assert not list(tmp_path.iterdir())


async def test_its_order_may_come_late_or_never(design_folder: Path, system: ModelSystem, tmp_path: Path) -> None:
    path = tmp_path / "load.jsonl"
    with loads.LoadProcess(design_folder, log=tmp_path / "never.log") as never:
        async with Server(system) as server:
            with loads.LoadProcess(design_folder, log=tmp_path / "late.log") as late:
                late.send(f"http://127.0.0.1:{server.port}", record=path, workload="W1", rate=50.0, seconds=0.5)
                record = await asyncio.to_thread(late.finish)
        assert never.running()
    assert not never.running()
    assert record.correct() == 1.0
    assert (tmp_path / "never.log").read_text() == ""


def test_an_order_for_one_that_has_ended_says_so(design_folder: Path, tmp_path: Path) -> None:
    process = loads.LoadProcess(design_folder, log=tmp_path / "log")
    process.stop()
    with pytest.raises(WorldError, match="ended early"):
        process.send("http://127.0.0.1:9", record=tmp_path / "load.jsonl", workload="W1")


def test_a_load_that_cannot_start_says_why(design_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "load.jsonl"
    with (
        loads.start(design_folder, "http://127.0.0.1:9", record=path, workload="nromal", seconds=1.0) as process,
        pytest.raises(WorldError, match="no workload 'nromal'") as caught,
    ):
        process.finish()
    assert "normal" in str(caught.value)


def test_the_command_writes_lines_to_stdout_too(
    design_folder: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "load.jsonl"
    arguments = ["--design", str(design_folder), "--url", "http://127.0.0.1:9", "--workload", "W1", "--seed", "3"]
    assert main([*arguments, "--for", "0.3", "--record", str(path)]) == 0
    assert capfdbinary.readouterr().out == path.read_bytes()
    assert read(path).reasons().keys() == {"connection_refused"}


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (["--workload", "W9"], 2, "no workload 'W9'"),
        (["--url", "ftp://x"], 2, "no http URL"),
        (["--url", "http://127.0.0.1:99999"], 2, "no URL"),
        (["--shape", "zigzag"], 2, "no shape"),
        (["--rate", "-1"], 2, "is no load"),
        (["--design", "/nowhere"], 2, "no design here"),
        (["--record", "/proc/none/load.jsonl"], 3, "cannot write"),
    ],
)
def test_nonsense_is_refused_with_an_exit_code_and_a_hint(
    design_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: list[str], code: int, says: str
) -> None:
    arguments = ["--design", str(design_folder), "--url", "http://127.0.0.1:9", "--workload", "W1", "--for", "1"]
    assert main([*arguments, "--record", str(tmp_path / "load.jsonl"), *change]) == code
    error = capsys.readouterr().err
    assert says in error
    assert len(error.strip().splitlines()) == 2, "what happened, and what to do"


def test_an_address_without_a_port_is_port_80() -> None:
    assert address("http://example.org/x") == ("example.org", 80)
    with pytest.raises(UsageError):
        address("127.0.0.1:80")


def test_a_design_without_seed_data_cannot_be_loaded(design_folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("design.json", "intent.yaml"):
        (bare / name).write_bytes((design_folder / name).read_bytes())
    arguments = ["--design", str(bare), "--url", "http://127.0.0.1:9", "--workload", "W1", "--for", "1"]
    assert main([*arguments, "--record", str(tmp_path / "load.jsonl"), "--quiet"]) == InvalidDesign.exit_code
