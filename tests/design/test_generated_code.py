"""Generated code holds to the rules of the house, and its tests find what is wrong with it."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from telic.model import Design

ROOT = Path(__file__).resolve().parents[2]


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environ.pop("TELIC_URL", None)
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


def _pytest(folder: Path, *paths: str) -> subprocess.CompletedProcess[str]:
    config = folder / "pytest.ini"
    config.write_text("[pytest]\nfilterwarnings = error\n")
    return _run(folder, "pytest", "-q", "-x", "-c", str(config), "-p", "no:cacheprovider", "-p", "no:asyncio", *paths)


@pytest.mark.parametrize("name", ["hotel", "social", "genai", "notes", "rental"])
def test_ruff_finds_nothing_by_the_rules_of_this_project(name: str, designs: dict[str, Design], tmp_path: Path) -> None:
    config = tmp_path / "ruff.toml"
    config.write_text(
        f'extend = "{ROOT / "pyproject.toml"}"\n[lint]\nper-file-ignores = {{"tests/**" = ["D"]}}\n'
        '[lint.isort]\nknown-first-party = ["services"]\nknown-third-party = ["telic"]\n'
        "split-on-trailing-comma = false\n"
    )
    options = ["--no-cache", "--output-format=concise", "--config", str(config)]
    done = _run(designs[name].folder, "ruff", "check", *options)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "name", ["hotel", *(pytest.param(each, marks=pytest.mark.nightly) for each in ("social", "genai", "rental"))]
)
def test_mypy_strict_finds_nothing(name: str, designs: dict[str, Design], tmp_path: Path) -> None:
    options = ["--cache-dir", str(tmp_path), "--strict", "--explicit-package-bases"]
    done = _run(designs[name].folder, "mypy", *options, "services", "tests")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "name", ["hotel", "social", pytest.param("genai", marks=pytest.mark.nightly), "notes", "rental"]
)
def test_generated_unit_tests_pass(name: str, designs: dict[str, Design], tmp_path: Path) -> None:
    folder = shutil.copytree(designs[name].folder, tmp_path / name, ignore=shutil.ignore_patterns("seed"))
    done = _pytest(folder, "tests")
    assert done.returncode == 0, done.stdout
    assert "skipped" in done.stdout  # the use cases wait for a running system


SEEDED_BUGS = (
    ("booking/handlers.py", "request.rooms * request.days.count", "request.rooms"),
    ("booking/memory.py", "+ asked > limit", "+ asked > limit + 1"),
    ("booking/memory.py", "-booking.rooms)", "0)"),
    ("booking/handlers.py", '"paid": "already_paid"', '"paid": "expired"'),
    ("hotel/handlers.py", "if line <= reach", ""),
    ("search/handlers.py", "if taken < each.rooms", ""),
    ("review/handlers.py", "if not required.found:", "if required.found:"),
    ("user/handlers.py", "if known is None or not right:", "if known is None:"),
    ("user/handlers.py", "context.require_subject() != request.user", "not context.require_subject()"),
    ("payment/memory.py", "if known is not None:", "if known is None:"),
    ("gateway/handlers.py", "self._booking.pay(request", "self._booking.reserve(request"),
)


def test_generated_tests_find_seeded_bugs(hotel: Design, tmp_path: Path) -> None:
    cases = []
    for number, (file, right, wrong) in enumerate(SEEDED_BUGS):
        kept = shutil.ignore_patterns("seed", "schema", "openapi", "e2e")
        folder = shutil.copytree(hotel.folder, tmp_path / str(number), ignore=kept)
        path = folder / "services" / file
        source = path.read_text()
        assert right in source, file
        path.write_text(source.replace(right, wrong))
        cases.append([str(folder), f"tests/unit/test_{file.partition('/')[0]}.py"])
    whole = [str(hotel.folder), "tests/unit/test_booking.py"]
    done = subprocess.run(
        [sys.executable, "-c", EACH_IN_A_CHILD, json.dumps([*cases, whole])], capture_output=True, text=True, check=True
    )
    statuses = json.loads(done.stdout.splitlines()[-1])
    assert statuses == [*[1] * len(SEEDED_BUGS), 0], [
        bug for bug, status in zip(SEEDED_BUGS, statuses, strict=False) if status != 1
    ]


EACH_IN_A_CHILD = """
import json, os, runpy, sys
import msgspec, pytest, telic.runtime.testing
sys.dont_write_bytecode = True
def status(folder, path):
    child = os.fork()
    if not child:
        sys.path.insert(0, folder)
        try:
            for name, test in runpy.run_path(os.path.join(folder, path)).items():
                if name.startswith("test_"):
                    test()
        except (Exception, pytest.fail.Exception):
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps([status(*case) for case in json.loads(sys.argv[1])]))
"""


@pytest.mark.parametrize("name", ["hotel", "social", "notes", "rental"])
def test_handlers_touch_nothing_but_their_ports(name: str, designs: dict[str, Design]) -> None:
    """No clock, no randomness, no sockets, no SQL: what a simulated world could not replace."""
    allowed = {"__future__", "asyncio", "telic.clock", "telic.runtime"}
    for path in sorted(designs[name].folder.glob("services/*/handlers.py")):
        tree = ast.parse(path.read_text())
        imported = {each.module or "" for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
        imported |= {alias.name for each in ast.walk(tree) if isinstance(each, ast.Import) for alias in each.names}
        assert all(each in allowed or each.startswith("services.") for each in imported), path
        assert not {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)} & {
            "open",
            "print",
            "eval",
            "exec",
        }
        assert "SELECT" not in path.read_text()


def test_every_module_names_what_it_derives_from(hotel: Design) -> None:
    for path in sorted(hotel.folder.glob("services/*/*.py")):
        document = ast.get_docstring(ast.parse(path.read_text()))
        assert document
        if path.stem in ("handlers", "messages", "app", "store"):
            assert "F" in document.rpartition("(")[2], path
