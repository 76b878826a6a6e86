"""What ``telic opportunities`` prints and keeps."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from telic.cli.output import console, errors, table
from telic.errors import StoreFailed, UsageError
from telic.settings import Settings

if TYPE_CHECKING:
    from telic.opportunities.ask import Progress
    from telic.opportunities.compare import Comparison
    from telic.opportunities.record import Run


def home() -> Path:
    """Return the folder of prepared events and of runs."""
    return Settings.read().home / "opportunities"


def run_file(given: Path | None) -> Path:
    """Return the file of the run that is meant: the one given, or the latest."""
    if given is not None:
        return given
    found = sorted((home() / "runs").glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    if not found:
        raise UsageError("there is no run yet", hint="`telic opportunities EVENTS --kpi ...` makes one")
    return found[-1]


def written(run: Run, report: Path | None) -> Path:
    """Write record and page where they are kept, and where they were asked for; return the page.

    Raises
    ------
    UsageError
        They cannot be written where they were asked for.
    StoreFailed
        They cannot be kept.
    """
    from telic.model import write_whole
    from telic.opportunities import page, record

    kept = home() / "runs" / f"{run.id}.json"
    for path in (kept, report.with_suffix(".json")) if report else (kept,):
        try:
            write_whole(path, record.encode(run))
            page.write(path.with_suffix(".html"), run)
        except OSError as error:
            if path == kept:
                raise StoreFailed(f"cannot keep the run: {error}", hint="check the owner of its folder") from error
            there = f"give another file; this run is kept: {kept.with_suffix('.html')}"
            raise UsageError(f"cannot write the report {report}: {error.strerror}", hint=there) from error
    return (report or kept).with_suffix(".html")


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """Yield a progress that draws a bar on a terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    shown = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
    with Progress(*shown, console=errors, transient=True, disable=quiet or not errors.is_terminal) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda stage, share: bar.update(task, description=stage, completed=share)


def show_json(run: Run) -> None:
    """Print the record of a run."""
    from telic.opportunities import record

    sys.stdout.write(record.encode(run).decode())


def say(lines: Sequence[str]) -> None:
    """Print lines as they are."""
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def show_run(run: Run, top: int, page: Path) -> None:
    """Print what a run found, `top` findings at most, and where its page is."""
    from telic.cli.opportunities_text import summary

    say(summary(run, top))
    say([f"report: {page}"])


def show_comparison(found: Comparison) -> None:
    """Print what changed between two runs."""
    from telic.opportunities import words
    from telic.opportunities.compare import told

    for before, after in found.kpis:
        say([f"{after.name}: {words.level(before, before.mean)} to {words.level(after, after.mean)}"])
    if not found.changes:
        say(["nothing was found in either run"])
    table("", ("", ""), [told(each).split(": ", 1) for each in found.changes])
