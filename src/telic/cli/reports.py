"""``telic report``: is what a report says still what the data says?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from telic.cli.output import Json, console, show, table
from telic.errors import UsageError

File = Annotated[Path, typer.Argument(help="The JSON file of a report of a diagnosis.", metavar="FILE")]
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
    """Ask every query of a report again, and git about every failing line; fail if an answer differs or is missing."""
    from telic.operate.diagnosis.written import asked_again, code_folder
    from telic.report import diagnosis, diagnosis_verify
    from telic.worlds.recorded import read

    account = diagnosis.read(file)
    recording = read(data or _of_report(file, account.source))
    folder = code_folder(recording, code)
    again = (lambda line: asked_again(recording, line, folder)) if folder else None
    checked = [
        *diagnosis_verify.verify(account, recording.store(), recording.topology()),
        *diagnosis_verify.code_checked(account, again),
    ]
    good = all(each.verdict in ("holds", "no evidence") for each in checked)
    if as_json:
        show({"report": account.incident, "holds": good, "claims": checked}, as_json=True)
    else:
        table(
            account.headline,
            ("claim", "", "says"),
            [(each.id, each.verdict, each.note or each.says) for each in checked],
        )
        asked = [each for each in checked if each.verdict not in ("no evidence", "not asked")]
        same = sum(each.verdict == "holds" for each in asked)
        rest = f"; {len(checked) - len(asked)} not asked" if len(asked) < len(checked) else ""
        console.print(f"{same} of {len(asked)} asked again and the same{rest}", highlight=False)
    if not good:
        raise typer.Exit(1)


def _of_report(file: Path, source: str) -> Path:
    """Return the incident's folder, also where it moved together with the report."""
    places = (Path(source), file.parent / Path(source).name)
    found = next((each for each in places if each.is_dir()), None)
    if found is None:
        raise UsageError(f"{file} is about {source}, which is not there", hint="name its folder: --data FOLDER")
    return found
