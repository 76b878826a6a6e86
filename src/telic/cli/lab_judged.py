"""``telic lab judge``: what a language model says about how actors worked."""

from __future__ import annotations

from typing import Annotated

import typer

from telic.cli.output import Json, console, show, table
from telic.errors import UsageError
from telic.settings import Settings

Run = Annotated[str, typer.Argument(help="A run: its id, the beginning of it, latest, or its folder.")]


def add(lab: typer.Typer) -> None:
    """Add the command to `lab`."""
    lab.command(epilog="`telic lab judge latest --model http://127.0.0.1:11434/v1#llama3.2`")(judge)


def judge(
    run: Run = "latest",
    model: Annotated[str, typer.Option(help="Who judges: nobody who took part.", metavar="URL#NAME")] = "",
    model_key: Annotated[str, typer.Option(help="The environment variable with its key.", metavar="NAME")] = "",
    again: Annotated[bool, typer.Option("--again", help="Also episodes that it has judged already.")] = False,
    as_json: Json = False,
) -> None:
    """Let a language model answer a checklist about a run's episodes; grades stay what was measured."""
    from telic.lab import judge as judging
    from telic.lab.runs import folder as runs
    from telic.llm import Endpoint

    settings = Settings.read()
    if model and model == settings.model:
        raise UsageError("the model that takes part cannot judge", hint="name another one than TELIC_MODEL")
    chat, folder = Endpoint.of(model, model_key), runs.find(settings.home, run)
    quiet = (lambda verdict: None) if as_json else (lambda verdict: console.print(f"{verdict.episode}: judged"))
    found = judging.judge(folder, chat, chat.name, again=again, tell=quiet)
    if as_json:
        show(found, as_json=True)
        return
    rows = [
        (actor, *(f"{yes} of {known}" if known else "" for yes, known in own.values()))
        for actor, own in judging.shares(found).items()
    ]
    table(f"{chat.name} says yes", ("actor", *judging.CHECKLIST), rows)
    console.print("beside the grades, and not in them; kept with the run", highlight=False)
