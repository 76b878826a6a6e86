"""A line of a repository and the commit that it comes from; a repository cannot make git run anything."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from telic.errors import TelicError
from telic.telemetry.sources.blame import Lines

EARLY, LATE = "2025-11-01T00:00:00+00:00", "2025-12-01T00:00:00+00:00"


def git(folder: Path, *words: str, when: str = EARLY) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environ |= {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "GIT_CONFIG_GLOBAL": os.devnull}
    named = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *named, *words], check=True, capture_output=True, env=environ)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    place = folder / "cart" / "src" / "main" / "java" / "org" / "shop"
    place.mkdir(parents=True)
    for other in ("cart", "mail"):
        (folder / other / "app.py").parent.mkdir(exist_ok=True)
        (folder / other / "app.py").write_text("".join(f"line {each}\n" for each in range(1, 41)))
    (place / "Pay.java").write_text("class Pay {\n}\n")
    git(folder.parent, "init", "-q", "-b", "main", str(folder))
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "begin")
    lines = (folder / "cart" / "app.py").read_text().splitlines()
    lines[19] = "price = rows[0]"
    (folder / "cart" / "app.py").write_text("\n".join(lines) + "\n")
    git(folder, "commit", "-q", "-a", "-m", "take the first row", when=LATE)
    return folder


def test_a_line_knows_its_commit_and_the_hunk_around_it(repository: Path) -> None:
    found = Lines(repository).written("cart/app.py", 20)
    assert found is not None
    assert (found.text, found.author, found.summary) == ("price = rows[0]", "Ada", "take the first row")
    assert found.time == 1764547200.0
    assert "-line 20\n+price = rows[0]" in found.hunk
    assert found.hunk.startswith("@@ -17,7 +17,7 @@")


def test_what_was_committed_later_is_not_yet_known(repository: Path) -> None:
    found = Lines(repository, until=1763000000.0).written("cart/app.py", 20)
    assert found is not None
    assert (found.text, found.summary) == ("line 20", "begin")


@pytest.mark.parametrize(
    ("file", "function", "path"),
    [
        ("/srv/build/cart/app.py", "", "cart/app.py"),
        ("Pay.java", "org.shop.Pay.charge", "cart/src/main/java/org/shop/Pay.java"),
        ("app.py", "", ""),  # there are two
        ("/usr/lib/site-packages/cart/app.py", "", ""),
        ("../../etc/passwd", "", ""),
        ("", "", ""),
    ],
)
def test_a_frame_is_found_only_where_one_file_fits(repository: Path, file: str, function: str, path: str) -> None:
    assert Lines(repository).find(file, function) == path


def test_lines_that_are_not_there_are_none(repository: Path) -> None:
    assert Lines(repository).written("cart/app.py", 4000) is None
    assert Lines(repository).written("cart/app.py", 0) is None


def test_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(TelicError):
        Lines(tmp_path / "nothing").find("app.py")


def test_a_hostile_repository_runs_nothing(repository: Path) -> None:
    mark = repository.parent / "ran"
    (repository / ".gitattributes").write_text("*.py diff=evil filter=evil\n")
    for key in ("diff.evil.textconv", "diff.evil.command", "filter.evil.clean", "core.fsmonitor", "core.pager"):
        git(repository, "config", key, f"touch {mark}; cat")
    git(repository, "config", "diff.external", f"touch {mark}; cat")
    mark.unlink(missing_ok=True)
    assert Lines(repository).written("cart/app.py", 20) is not None
    assert not mark.exists()
