"""A run on disk: the page, the record that it was made from, and a summary for reviews."""

from __future__ import annotations

from pathlib import Path

from telic.model import dump
from telic.report import page
from telic.report.fullness import fullness
from telic.report.markdown import markdown
from telic.report.pages import render, write_beside
from telic.report.record import SCHEMA, RunRecord
from telic.report.redact import without_secrets
from telic.report.summary import headline, rows


def write(path: Path, run: RunRecord) -> tuple[Path, Path, Path]:
    """Write the page at `path`, its JSON and its Markdown summary beside it; return the three paths.

    The page needs no network and no script. All texts in it are escaped, secrets are redacted in all three files.
    """
    run = without_secrets(run)
    return write_beside(path, html(run), dump(run, schema=SCHEMA, indent=2), markdown(run))


def html(run: RunRecord) -> str:
    """Return the page of `run`, which has to be without secrets."""
    found, full = rows(run), fullness(run)
    marked = page.marks(run, found)
    return render(
        "report.html.j2",
        run=run,
        headline=headline(run),
        rows=found,
        requests=page.requests_overall(run, marked),
        latency=page.latency_overall(run, marked),
        bound=page.bound(run),
        operations=page.operations(run, marked),
        full=full,
        slots=page.slots(run, marked, full),
        causes=page.causes(run, found),
        story=page.story(run, found),
    )
