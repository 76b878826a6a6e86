"""A folder with prepared events: built beside, renamed when whole, read by mapping its files into memory."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow

from telic.errors import StoreFailed, UsageError
from telic.opportunities.model import Column, Exclusion
from telic.opportunities.read.columns import Columns
from telic.opportunities.store.parts import Parts

pa: Any = pyarrow
FORMAT = "telic/prepared/v1"
_MANIFEST = "prepared.json"
_BUILDING = ".building-"


@dataclass(frozen=True)
class Kept:
    """What a folder holds, and how it came about.

    Parameters
    ----------
    columns
        As they were read.
    inputs
        Digest of each part of the input, in order.
    """

    parts: Parts
    columns: Columns
    inputs: tuple[str, ...]


def write(parts: Parts, columns: Columns, inputs: tuple[str, ...], folder: Path) -> None:
    """Write a folder; it is there as a whole or not at all.

    Raises
    ------
    StoreFailed
        It cannot be written.
    """
    aside = folder.parent / f"{_BUILDING}{folder.name}-{os.getpid()}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        aside.mkdir()
        _write(parts, columns, inputs, aside)
        try:
            aside.rename(folder)
        except OSError:
            if not (folder / _MANIFEST).exists():  # another process was faster with the same content
                raise
    except OSError as error:
        raise StoreFailed(f"cannot write {folder}: {error}", hint="check its owner and the disk") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def read(folder: Path) -> Kept:
    """Open a folder; its files are mapped, not read.

    Raises
    ------
    UsageError
        It holds no prepared events of this version.
    """
    try:
        said = json.loads((folder / _MANIFEST).read_text())
        if said.get("format") != FORMAT:
            raise UsageError(f"{folder} is of format {said.get('format')}, not {FORMAT}", hint="prepare it again")
        return _read(folder, said)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise UsageError(f"{folder} holds no prepared events: {error}", hint="prepare it again") from error


def exists(folder: Path) -> bool:
    """Whether there is such a folder."""
    return (folder / _MANIFEST).is_file()


def _write(parts: Parts, columns: Columns, inputs: tuple[str, ...], aside: Path) -> None:
    arrays: dict[str, npt.NDArray[Any]] = {
        "names": parts.names.codes, "at": parts.at, "offsets": parts.offsets, "users": parts.users,
    }  # fmt: skip
    said: dict[str, Any] = {"of_groups": [], "of_events": [], "numbers": list(parts.numbers)}
    for kind, columns_of in (("of_groups", parts.of_groups), ("of_events", parts.of_events)):
        for index, column in enumerate(columns_of.values()):
            arrays[f"{kind}-{index}"] = column.codes
            said[kind].append({"name": column.name, "labels": list(column.labels)})
    arrays |= {f"numbers-{index}": values for index, values in enumerate(parts.numbers.values())}
    for name, array in arrays.items():
        np.save(aside / f"{name}.npy", array)
    for name, texts in (("ids", parts.ids), ("people", parts.people)):
        with pa.OSFile(str(aside / f"{name}.arrow"), "wb") as file:
            table = pa.table({name: texts})
            with pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)
    said |= {
        "format": FORMAT,
        "grouping": parts.grouping,
        "names": {"name": parts.names.name, "labels": list(parts.names.labels)},
        "exclusions": [asdict(each) for each in parts.exclusions],
        "columns": asdict(columns),
        "inputs": list(inputs),
        "events": len(parts.at),
        "groups": len(parts.offsets) - 1,
    }
    (aside / _MANIFEST).write_text(json.dumps(said, ensure_ascii=True))


def _read(folder: Path, said: Mapping[str, Any]) -> Kept:
    def array(name: str) -> Any:
        path = folder / f"{name}.npy"
        mapped = np.load(path, mmap_mode="r")
        return np.asarray(mapped)

    def column(kind: str, index: int, each: Mapping[str, Any]) -> Column:
        return Column(each["name"], array(f"{kind}-{index}"), tuple(each["labels"]))

    def texts(name: str) -> Any:
        table = pa.ipc.open_file(pa.memory_map(str(folder / f"{name}.arrow"))).read_all()
        return table.column(name).combine_chunks()

    of_groups = {each["name"]: column("of_groups", index, each) for index, each in enumerate(said["of_groups"])}
    of_events = {each["name"]: column("of_events", index, each) for index, each in enumerate(said["of_events"])}
    names = Column(said["names"]["name"], array("names"), tuple(said["names"]["labels"]))
    exclusions = tuple(Exclusion(**(each | {"examples": tuple(each["examples"])})) for each in said["exclusions"])
    numbers = {name: array(f"numbers-{index}") for index, name in enumerate(said["numbers"])}
    parts = Parts(
        names, array("at"), array("offsets"), texts("ids"), array("users"), texts("people"), of_groups, of_events,
        numbers, exclusions, said["grouping"],
    )  # fmt: skip
    if len(parts.at) != said["events"] or len(parts.offsets) != said["groups"] + 1:
        raise ValueError(f"{len(parts.at)} events where {said['events']} were written")
    given = said["columns"]
    columns = Columns(**(given | {key: tuple(given[key]) for key in ("attributes", "numbers")}))
    return Kept(parts, columns, tuple(said["inputs"]))


def _sweep(folder: Path) -> None:
    """Remove what a process that is gone left half built."""
    for left in folder.parent.glob(f"{_BUILDING}*"):
        pid = left.name.rpartition("-")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            with contextlib.suppress(OSError):
                shutil.rmtree(left)
