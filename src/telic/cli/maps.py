"""``telic storm compare-worlds``: where a system is weak, and whether two worlds say the same of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.output import Json, console, require_writable, show
from telic.cli.trials import System, Wiring
from telic.errors import UsageError
from telic.model import write_whole
from telic.registry import near_names
from telic.settings import Settings

if TYPE_CHECKING:
    from telic.lab.trials.comparison import Comparison, Pair, Said


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command(epilog="`telic storm hotel --wiring baseline`  ·  `telic storm --lengths 1,5 --rates 100,300`")(storm)
    app.command(
        "compare-worlds",
        epilog="`telic compare-worlds hotel`  ·  `telic compare-worlds --faults hang --trials baseline:T1 --seeds 3`",
    )(compare_worlds)


def storm(
    system: System = "hotel",
    trial: Annotated[str, typer.Option(help="Which trial's trigger.")] = "T1",
    wiring: Wiring = "",
    rates: Annotated[str, typer.Option(help="Requests a second, by commas; default: around the trial's.")] = "",
    lengths: Annotated[str, typer.Option(help="Lengths of the trigger [s], by commas.")] = "",
    retries: Annotated[str, typer.Option(help="A panel each: retries at every hop, by commas.")] = "0,1,3",
    by: Annotated[
        str, typer.Option(help="model (queues and policies, seconds) or simulated (handlers, minutes).")
    ] = "model",
    seed: Annotated[int, typer.Option(help="Seed of everything.")] = 1,
    out: Annotated[Path, typer.Option(help="Where the picture goes (HTML).")] = Path("storm.html"),
    as_json: Json = False,
) -> None:
    """Map from which load, length of a trigger and retries on a system does not come back."""
    from telic import apps
    from telic.lab.trials import storm as storms
    from telic.lab.trials.storm_page import page

    def progress(done: int, of: int) -> None:
        console.print(f"{done} of {of} runs", end="\n" if done == of else "\r", highlight=False)

    if by not in ("model", "simulated"):
        raise UsageError(f"no means {by!r}", hint=near_names(by, ("model", "simulated")))
    require_writable(out, "--out")
    found = storms.storm(
        system,
        Settings.read(),
        trial=trial,
        wiring=apps.find_wiring(system, wiring) if wiring else None,
        by="model" if by == "model" else "simulated",
        rates=_rates(rates),
        lengths=_numbers(lengths, "--lengths"),
        retries=_whole(retries, "--retries"),
        seed=seed,
        on_cell=progress if console.is_terminal and not as_json else (lambda done, of: None),
    )
    try:
        write_whole(out, page(found).encode())
    except OSError as error:
        raise UsageError(f"cannot write {out}: {error.strerror}", hint="name another file with --out") from error
    if as_json:
        show(found, as_json=True)
        return
    for each in found.panels:
        lost = sum(cell.outcome == "not recovered" for cell in each.cells)
        here = "  (as it is wired)" if each.current and each.title != "as it is wired" else ""
        console.print(f"{each.title:24} {lost:3} of {len(each.cells)} never came back{here}", highlight=False)
    console.print(f"\npicture  {out.resolve()}", highlight=False, soft_wrap=True)


def compare_worlds(
    system: System = "hotel",
    faults: Annotated[str, typer.Option(help="Faults by commas; `all`, or `none`.")] = "all",
    trials: Annotated[str, typer.Option(help="WIRING:TRIAL by commas; `none`.")] = "baseline:T1,combination:T1",
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each, with the seeds 1, 2, ...")] = 1,
    as_json: Json = False,
) -> None:
    """Run the same faults and trials on real processes and on virtual time, and compare the verdicts."""
    from telic.lab.faults import LOOP, fault
    from telic.lab.trials import comparison

    chosen = list(LOOP) if faults == "all" else [] if faults == "none" else faults.split(",")
    for each in chosen:
        fault.factory(each)
    tried = [] if trials == "none" else [_designed(system, each) for each in trials.split(",")]
    if not chosen and not tried:
        raise UsageError("neither a fault nor a trial to compare", hint="name some with --faults or --trials")
    found = comparison.compare(
        system,
        Settings.read(),
        faults=chosen,
        trials=tried,
        seeds=range(1, seeds + 1),
        on_pair=(lambda pair: None) if as_json else _pair,
    )
    failed, silent = found.count("failed"), found.count("says nothing")
    if as_json:
        counts = {"failed": failed, "says_nothing": silent}
        show({"agreement": found.agreement, "ratio": found.ratio, **counts, "pairs": found.pairs}, as_json=True)
    else:
        console.print("\n" + "\n".join(_sums(found)), highlight=False)
    if failed + silent == len(found.pairs):
        raise typer.Exit(1)  # nothing could be compared


def _sums(found: Comparison) -> list[str]:
    failed, silent = found.count("failed"), found.count("says nothing")
    of = len(found.pairs) - silent
    lines = [f"same verdict  {found.count('same')} of {of}" + (f" ({found.agreement:.0%})" if of else "")]
    if failed:
        lines.append(f"failed        {failed} of them: an error ended a run, so nothing agrees")
    if silent:
        lines.append(f"say nothing   {silent} more: users were not well before the trigger on either world")
    ratio = "nothing recovered on both worlds"
    if not math.isnan(found.ratio):
        ratio = f"the longer is {found.ratio:.1f} times the shorter (median)"
    return [*lines, f"recovery      {ratio}"]


def _pair(pair: Pair) -> None:
    def said(each: Said) -> str:
        return each.verdict + ("" if each.recovery is None else f" after {each.recovery:.1f} s")

    colour = {"same": "green", "says nothing": "yellow"}.get(pair.word, "red")
    console.print(f"[bold]{pair.what}[/], seed {pair.seed}: [{colour}]{pair.word}[/]", highlight=False)
    console.print(
        f"    local      {said(pair.local)}\n    simulated  {said(pair.simulated)}", highlight=False, markup=False
    )


def _designed(system: str, text: str) -> tuple[str, str]:
    from telic import apps
    from telic.lab import trials

    wiring, _, name = text.rpartition(":")
    trials.plan(system, name)  # an unknown one is an error now, not after minutes
    if wiring:
        apps.find_wiring(system, wiring)
    return wiring, name


def _numbers(text: str, option: str) -> list[float]:
    try:
        found = [float(each) for each in text.split(",") if each.strip()]
    except ValueError as error:
        raise UsageError(f"{option} {text!r} are no numbers", hint="write them with commas, such as 1,2,5") from error
    if not all(0 <= each < math.inf for each in found):
        raise UsageError(f"{option} {text!r}: not finite, or below 0", hint="write numbers from 0, such as 1,2,5")
    return found


def _rates(text: str) -> list[float]:
    found = _numbers(text, "--rates")
    if 0 in found:
        raise UsageError(f"--rates {text!r}: 0 requests/s is no load", hint="write rates above 0, such as 100,300")
    return found


def _whole(text: str, option: str) -> list[int]:
    found = _numbers(text, option)
    if not all(each.is_integer() for each in found):
        raise UsageError(f"{option} {text!r}: not whole", hint="write whole numbers, such as 0,1,3")
    return [int(each) for each in found]
