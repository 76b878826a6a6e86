"""Pages and what lies beside them: the one environment of the templates, and files that appear whole or not at all."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from telic.model import write_whole
from telic.report import words


def render(template: str, **values: object) -> str:
    """Return the page that `template` makes of `values`; all texts in it are escaped."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("telic.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = words
    return environment


def write_beside(path: Path, page: str, record: bytes, summary: str) -> tuple[Path, Path, Path]:
    """Write a page at `path`, its JSON and its Markdown beside it; return the three paths."""
    paths = path, path.with_suffix(".json"), path.with_suffix(".md")
    for target, content in zip(paths, (page.encode(), record, summary.encode()), strict=True):
        write_whole(target, content)
    return paths
