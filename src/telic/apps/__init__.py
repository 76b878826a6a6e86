"""Bundled systems: each an intent plus what cannot be generated."""

from __future__ import annotations

from pathlib import Path

from telic.errors import UnknownName
from telic.registry import near_names

_FOLDER = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Return the names of the bundled systems, sorted."""
    return tuple(sorted(each.parent.name for each in _FOLDER.glob("*/intent.yaml")))


def wirings(name: str) -> tuple[str, ...]:
    """Return the names of the wirings that are bundled with a system, sorted.

    Examples
    --------
    >>> "baseline" in wirings("hotel")
    True
    """
    return tuple(sorted(each.stem for each in (_FOLDER / name / "wirings").glob("*.yaml")))


def find_wiring(system: str, name_or_path: str | Path) -> Path:
    """Return the file of a wiring that is bundled with a system, or the file that a path names.

    Raises
    ------
    UnknownName
        Neither a bundled wiring nor a file.
    """
    if str(name_or_path) in wirings(system):
        return _FOLDER / system / "wirings" / f"{name_or_path}.yaml"
    path = Path(name_or_path)
    if path.is_file():
        return path
    known, path_of_one = wirings(system), "give the path of a wiring, such as ./wiring.yaml"
    raise UnknownName(
        f"{name_or_path}: no bundled wiring of {system} and no file of that name",
        hint=f"{near_names(str(name_or_path), known)}; or {path_of_one}" if known else path_of_one,
    )


def reference(file: Path) -> str:
    """Return what `find` or `find_wiring` finds a file by, in any folder: its bundled name, or its whole path.

    Examples
    --------
    >>> reference(find("hotel")), reference(find_wiring("hotel", "baseline"))
    ('hotel', 'baseline')
    """
    whole = file.resolve()
    if not whole.is_relative_to(_FOLDER.resolve()):
        return str(whole)
    return whole.parent.name if whole.name == "intent.yaml" else whole.stem


def find(name_or_path: str | Path) -> Path:
    """Return the intent file of a bundled system, or the file that a path names.

    Parameters
    ----------
    name_or_path
        A bundled name (``hotel``), a YAML file, or a folder that holds an ``intent.yaml``.

    Raises
    ------
    UnknownName
        Neither a bundled system nor a file.

    Examples
    --------
    >>> find("hotel").name
    'intent.yaml'
    """
    if str(name_or_path) in names():
        return _FOLDER / str(name_or_path) / "intent.yaml"
    path = Path(name_or_path)
    if path.is_dir() and (path / "intent.yaml").is_file():
        return path / "intent.yaml"
    if path.is_file():
        return path
    hint = near_names(str(name_or_path), names())
    raise UnknownName(
        f"{name_or_path}: no bundled system and no file of that name",
        hint=f"{hint}; or give the path of an intent, such as ./intent.yaml",
    )
