"""The report of a diagnosis on disk: one self-contained page, its JSON and its Markdown."""

from __future__ import annotations

from pathlib import Path

from telic.errors import InvalidRecord
from telic.model import dump, load, plain
from telic.model.account import SCHEMA, Account
from telic.model.redaction import redact
from telic.report import diagnosis_page
from telic.report.diagnosis_markdown import markdown
from telic.report.pages import render, write_beside


def write(path: Path, account: Account) -> tuple[Path, Path, Path]:
    """Write the page at `path`, its JSON and its Markdown beside it; return the three paths.

    The page needs no network and no script. All texts in it are escaped, secrets are redacted in all three files;
    queries stay as they are, since they have to be asked again.
    """
    account = without_secrets(account)
    return write_beside(path, html(account), dump(account, schema=SCHEMA, indent=2), markdown(account))


def read(path: Path) -> Account:
    """Read the JSON of a report; of its page or its Markdown, the one beside it.

    Raises
    ------
    InvalidRecord
        Not there, or no report of a diagnosis.
    """
    document = path.with_suffix(".json") if path.suffix in (".html", ".md") else path
    try:
        return load(Account, document.read_bytes(), schema=SCHEMA)
    except OSError as error:
        raise InvalidRecord(f"{document}: {error.strerror}", hint="name the JSON file of a report") from error
    except InvalidRecord as error:
        raise InvalidRecord(f"{document} is no report of a diagnosis: {error}", hint=error.hint) from error


def shows(path: Path, account: Account) -> bool:
    """Whether the page or the Markdown at `path` is the one that `account`, as `read` returned it, is written as."""
    face = {".html": html, ".md": markdown}.get(path.suffix)
    return face is None or path.read_bytes() == face(account).encode()


def html(account: Account) -> str:
    """Return the page of `account`, which has to be without secrets."""
    marked = diagnosis_page.marks(account)
    return render(
        "diagnosis.html.j2",
        account=account,
        graph=diagnosis_page.graph(account),
        flames=diagnosis_page.flames(account),
        panels=diagnosis_page.panels(account, marked),
        claims=diagnosis_page.rows(account),
        clock=diagnosis_page.clock,
        sure=diagnosis_page.sure,
    )


def without_secrets(account: Account) -> Account:
    """Return `account` with its texts redacted, all but queries and hashes."""
    return load(Account, dump(_walk(plain(account))))


def _walk(value: object, key: str = "") -> object:
    if isinstance(value, str):
        return value if key in ("query", "result_hash", "id", "change") else redact(value)
    if isinstance(value, dict):
        return {name: _walk(each, name) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(each, key) for each in value]
    return value
