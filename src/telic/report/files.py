"""A run on disk: the page, the record that it was made from, and a summary for reviews."""

from __future__ import annotations

import os
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from telic.model import dump
from telic.report import page, words
from telic.report.fullness import fullness
from telic.report.markdown import markdown
from telic.report.record import SCHEMA, RunRecord
from telic.report.redact import without_secrets
from telic.report.summary import headline, rows


def write(path: Path, run: RunRecord) -> tuple[Path, Path, Path]:
    """Write the page at `path`, its JSON and its Markdown summary beside it; return the three paths.

    The page needs no network and no script. All texts in it are escaped, secrets are redacted in all three files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    run = without_secrets(run)
    written = {
        path: html(run).encode(),
        path.with_suffix(".json"): dump(run, schema=SCHEMA, indent=2),
        path.with_suffix(".md"): markdown(run).encode(),
    }
    for target, content in written.items():
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        part.write_bytes(content)
        part.replace(target)
    html_path, json_path, summary_path = written
    return html_path, json_path, summary_path


def html(run: RunRecord) -> str:
    """Return the page of `run`, which has to be without secrets."""
    found, full = rows(run), fullness(run)
    marked = page.marks(run, found)
    environment = Environment(
        loader=PackageLoader("telic.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = words
    return environment.get_template("report.html.j2").render(
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
