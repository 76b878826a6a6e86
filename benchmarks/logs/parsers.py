"""Telic's miner, drain3 and trivial parsers behind one call each: lines in, a group and a template text a line out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drain3 import TemplateMiner  # type: ignore[import-untyped]
from drain3.masking import MaskingInstruction  # type: ignore[import-untyped]
from drain3.template_miner_config import TemplateMinerConfig  # type: ignore[import-untyped]

from telic.context.logs import Miner
from telic.context.logs.masking import Cleaned, pattern, plain, ready

_LEFT, _RIGHT = r"((?<=[^A-Za-z0-9])|^)", r"((?=[^A-Za-z0-9])|$)"
DRAIN3_MASKS = {  # as in the drain3.ini that drain3's own examples ship with
    "ID": rf"{_LEFT}(([0-9a-f]{{2,}}:){{3,}}([0-9a-f]{{2,}})){_RIGHT}",
    "IP": rf"{_LEFT}(\d{{1,3}}\.\d{{1,3}}\.\d{{1,3}}\.\d{{1,3}}){_RIGHT}",
    "SEQ": rf"{_LEFT}([0-9a-f]{{6,}} ?){{3,}}{_RIGHT}",
    "SEQ4": rf"{_LEFT}([0-9A-F]{{4}} ?){{4,}}{_RIGHT}",
    "HEX": rf"{_LEFT}(0x[a-f0-9A-F]+){_RIGHT}",
    "NUM": rf"{_LEFT}([\-\+]?\d+){_RIGHT}",
    "CMD": r"(?<=executed cmd )(\".+?\")",
}


@dataclass(frozen=True)
class Parse:
    """What a parser made of a system's lines.

    Parameters
    ----------
    groups, texts
        Of each line, when all lines were seen.
    arriving
        The group that each line had when it arrived (one pass), empty where that was not measured.
    followed
        The same after what became of those groups.
    """

    groups: tuple[object, ...]
    texts: tuple[str, ...]
    arriving: tuple[object, ...] = ()
    followed: tuple[object, ...] = ()


def telic(lines: Sequence[str]) -> Parse:
    """Mine with Telic: once as a batch, once line by line."""
    miner, stream = Miner(), Miner()
    groups = miner.add_many(list(lines)).tolist()
    text = {each.id: each.text for each in miner.templates()}
    arriving = [stream.add(each) for each in lines]
    followed = stream.resolve(arriving).tolist()
    return Parse(tuple(groups), tuple(text[each] for each in groups), tuple(arriving), tuple(followed))


def drain3(lines: Sequence[str]) -> Parse:
    """Mine with drain3; the final groups are what it matches each line to afterwards."""
    miner = _drain3()
    arriving = tuple(miner.add_log_message(each)["cluster_id"] for each in lines)
    found = [miner.match(each) for each in lines]
    groups = tuple(None if each is None else each.cluster_id for each in found)
    texts = tuple("" if each is None else _plain(each.get_template()) for each in found)
    return Parse(groups, texts, arriving, arriving)


def masks_only(lines: Sequence[str]) -> Parse:
    """Only replace what is evidently a value: the first half of Telic's miner."""
    texts = tuple(pattern(plain(each)).replace("\x00", "<*>") for each in ready(lines, 16_384, Cleaned()).shapes)
    return Parse(texts, texts)


def one_group(lines: Sequence[str]) -> Parse:
    """Call everything one template."""
    return Parse(tuple(0 for _ in lines), tuple("<*>" for _ in lines))


def cold(parser: str, lines: Sequence[str], times: int = 1) -> float:
    """Return the CPU seconds in which a new miner takes `lines`, `times` over."""
    many = [*lines] * times
    run = _cold_telic if parser == "telic" else _cold_drain3
    return _seconds(lambda: run(many))


def _cold_telic(lines: list[str]) -> None:
    Miner().add_many(lines)


def _cold_drain3(lines: list[str]) -> None:
    miner = _drain3()
    for each in lines:
        miner.add_log_message(each)


def _seconds(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _drain3() -> TemplateMiner:
    configuration = TemplateMinerConfig()
    configuration.profiling_enabled = False
    configuration.masking_instructions = [
        MaskingInstruction(expression, name) for name, expression in DRAIN3_MASKS.items()
    ]
    return TemplateMiner(config=configuration)


def _plain(text: str) -> str:
    for name in DRAIN3_MASKS:
        text = text.replace(f"<{name}>", "<*>")
    return text
