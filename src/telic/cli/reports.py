"""``telic report``: is what a report says still what the data says?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.output import Json, console, show, table
from telic.errors import UsageError

if TYPE_CHECKING:
    from telic.model.account import Account
    from telic.report.diagnosis_verify import Checked
    from telic.worlds.recorded import Recording

File = Annotated[
    Path, typer.Argument(help="A report of a diagnosis: its JSON, or its page or Markdown beside it.", metavar="FILE")
]
Code = Annotated[
    Path | None,
    typer.Option(help="The git repository of the failing lines; default: the incident's code/.", metavar="FOLDER"),
]
Data = Annotated[Path | None, typer.Option(help="The incident's folder, if it moved.", metavar="FOLDER")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    reports = typer.Typer(no_args_is_help=True, help="Look at reports again.")
    reports.command(epilog="`telic report verify checkout-slow.json --data incidents/checkout-slow`")(verify)
    app.add_typer(reports, name="report")


def verify(file: File, data: Data = None, code: Code = None, as_json: Json = False) -> None:
    """Ask every query of a report again, diagnose its recording again, and compare both with what the report says.

    Git is asked about every failing line. Fails if an answer, a sentence or a weight is not what the report says, or
    could not be asked for. A claim without evidence of its own is named and not counted as one that holds.
    """
    from telic.operate.diagnosis.account.again import account_again
    from telic.operate.diagnosis.written import asked_again, code_folder
    from telic.report import diagnosis, diagnosis_verify
    from telic.worlds.recorded import read

    account = diagnosis.read(file)
    recording = _as_then(read(data or _of_report(file, account.source)), account)
    folder = code_folder(recording, code)
    again = (lambda line: asked_again(recording, line, folder)) if folder else None
    rebuilt = diagnosis.without_secrets(account_again(account, recording))
    checked = [
        *diagnosis_verify.verify(account, recording.store(), recording.topology(), rebuilt),
        *diagnosis_verify.code_checked(account, again),
        *diagnosis_verify.face_checked(file.name, diagnosis.shows(file, account)),
    ]
    good = all(each.verdict in ("holds", "no evidence") for each in checked)
    if as_json:
        document = {"report": account.incident, "holds": good, "means": diagnosis_verify.MEANS, "claims": checked}
        show(document, as_json=True)
    else:
        _print(account.headline, checked)
    if not good:
        raise typer.Exit(1)


def _as_then(recording: Recording, account: Account) -> Recording:
    """Return what was known when the report was made: it may look at an earlier time than the recording's end."""
    window, end = recording.window, account.window.end
    return recording.until(end) if window.start < end < window.end else recording


def _print(headline: str, checked: Sequence[Checked]) -> None:
    from telic.report.diagnosis_verify import MEANS

    rows = [(each.id, each.verdict, each.note or each.says) for each in checked]
    table(headline, ("claim", "", "says"), rows)
    asked = [each for each in checked if each.verdict not in ("no evidence", "not asked")]
    same = sum(each.verdict == "holds" for each in asked)
    counts = {kind: sum(each.verdict == kind for each in checked) for kind in ("no evidence", "not asked")}
    rest = "".join(f"; {count} {kind}" for kind, count in counts.items() if count)
    console.print(f"{same} of {len(asked)} hold{rest}", highlight=False)
    console.print(MEANS, style="dim", highlight=False)


def _of_report(file: Path, source: str) -> Path:
    """Return the incident's folder, also where it moved together with the report."""
    places = (Path(source), file.parent / Path(source).name)
    found = next((each for each in places if each.is_dir()), None)
    if found is None:
        raise UsageError(f"{file} is about {source}, which is not there", hint="name its folder: --data FOLDER")
    return found
