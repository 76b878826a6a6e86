"""A system that somebody brought as a design: what the lab, the operator and the load read of it, and no code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from telic.errors import InvalidDesign
from telic.model import Design, dump, load, write_whole
from telic.model.design import Call, ServiceDesign, ServiceOperation
from telic.model.intent import Keys, Objective, Workload
from telic.runtime.wiring import Wiring
from telic.worlds.brought.app import FILE, App, Service
from telic.worlds.brought.reading import read

SCHEMA = "telic/design/v1"
RECORD, DESCRIBED = "design.json", "app.json"
SERVE = "serve"  # what a service below the entry does, whatever it is called
SOURCES = (".py", ".js", ".ts", ".go", ".rb", ".java", ".rs", ".php", ".cs", ".sh", ".toml", ".yaml", ".yml", ".json")
LARGEST, MOST = 1_000_000, 2_000  # file that is part of the hash [bytes], and how many of them [1]
PASSED_OVER = frozenset({"node_modules", "__pycache__", "venv", "target", "dist"})
WINDOW, TEST_WINDOW = 28 * 86_400.0, 10.0  # of the objectives [s]


@dataclass(frozen=True)
class Described:
    """A system that somebody brought, and where it lies."""

    folder: str
    app: App


def design_of(folder: Path, app: App) -> Design:
    """Return the design of the system in `folder`; its own folder is still empty."""
    text = (folder / FILE).read_bytes()
    return Design(
        system=app.name,
        intent_hash=f"sha256:{hashlib.sha256(text).hexdigest()}",
        services=tuple(_service(each, app) for each in app.services),
        stores=(),
        grants=(),
        wiring=Wiring(),
        objectives=objectives(app),
        workloads=(workload(app),),
        entry=app.entry,
        hash=_hash(folder),
    )


def written(folder: Path, home: Path) -> Design:
    """Read the system in `folder` and write its design below `home`; return the design.

    Raises
    ------
    UsageError
        The file in it has mistakes.
    """
    app = read(folder)
    made = design_of(folder, app)
    target = home / f"brought-{app.name}-{made.hash.removeprefix('sha256:')[:12]}"
    target.mkdir(parents=True, exist_ok=True)
    write_whole(target / DESCRIBED, dump(Described(str(folder), app)))
    write_whole(target / RECORD, dump(made, schema=SCHEMA, indent=2) + b"\n")
    return replace(made, folder=target)


def described(design_folder: Path) -> Described | None:
    """Return what a design's folder says of a system that somebody brought; None of a design of any other kind."""
    path = design_folder / DESCRIBED
    return load(Described, path.read_bytes()) if path.is_file() else None


def opened(design_folder: Path) -> tuple[Design, Described]:
    """Read a design that `written` wrote.

    Raises
    ------
    InvalidDesign
        It is none.
    """
    found = described(design_folder)
    if found is None:
        raise InvalidDesign(f"{design_folder} is no design of a brought system", hint=f"name a folder with a {FILE}")
    made = load(Design, (design_folder / RECORD).read_bytes(), schema=SCHEMA)
    return replace(made, folder=design_folder), found


def workload(app: App) -> Workload:
    """Return what users do."""
    mix = {each.name: each.weight for each in app.operations}
    return Workload("W1", "normal", "poisson", app.rate, mix, Keys(0.0, 1))


def objectives(app: App) -> tuple[Objective, ...]:
    """Return what users are promised at the entry."""
    promise = app.promise
    return (
        Objective("O1", app.entry, "latency", promise.in_time, WINDOW, TEST_WINDOW, "W1", promise.latency),
        Objective("O2", app.entry, "success", promise.availability, WINDOW, TEST_WINDOW, "W1"),
    )


def _service(service: Service, app: App) -> ServiceDesign:
    if service.name != app.entry:
        operations = [_operation(SERVE, service.calls)]
    else:
        operations = [
            _operation(each.name, service.calls if each.calls is None else each.calls) for each in app.operations
        ]
    kind = "gateway" if service.name == app.entry else "facade"
    return ServiceDesign(service.name, kind, (), tuple(operations))  # type: ignore[arg-type]


def _operation(name: str, callees: tuple[str, ...]) -> ServiceOperation:
    calls = tuple(Call(each, SERVE) for each in callees)
    return ServiceOperation(name, (name,), (), (), calls=calls)


def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for number, path in enumerate(_sources(folder)):
        if number == MOST:
            break
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return f"sha256:{digest.hexdigest()}"


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in PASSED_OVER or path.is_symlink():
            continue
        if path.is_dir():
            yield from _sources(path)
        elif path.suffix in SOURCES and path.stat().st_size <= LARGEST:
            yield path
