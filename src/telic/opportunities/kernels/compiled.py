"""Compiles kernels, each kept for itself and the kernels that it calls; runs them side by side."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from telic.errors import UsageError
from telic.machine_code import code_folder, compile_kept

try:
    from numba.core import types
    from numba.extending import intrinsic
except ModuleNotFoundError as missing:
    raise UsageError(
        f"the opportunity finder needs {missing.name}, which is not installed",
        hint="pip install 'telic[opportunities]', or `make dev` in a checkout",
    ) from missing

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
R = TypeVar("R")
Array = Any  # a numpy array whose type numba finds when it compiles
Whole = Any  # a number whose type numba knows
_IMPORT = re.compile(r"from telic\.opportunities\.kernels\.(\w+) import")
THREADS = 2  # that a kernel uses unless told otherwise [1]


@functools.cache
def cache_folder(module: Path) -> Path:
    """Return where machine code of a module is kept: named by its source and that of all kernels it calls."""
    return code_folder(f"opportunities-{module.stem}", _needed(module))


def _needed(module: Path) -> set[Path]:
    """Return a module and the kernels that it imports, directly or not; numba itself looks at one file alone."""
    needed, todo = {Path(__file__)}, [module]
    while todo:
        path = todo.pop()
        if path not in needed:
            needed.add(path)
            found = (path.with_name(f"{name}.py") for name in _IMPORT.findall(path.read_text()))
            todo.extend(each for each in found if each.exists())
    return needed


def compiled(function: F) -> F:
    """Compile `function` when it is first called and keep its machine code; it allocates nothing and needs no GIL."""
    folder = cache_folder(Path(function.__code__.co_filename))
    return compile_kept(function, folder, boundscheck=False, error_model="numpy")


def side_by_side(function: Callable[[T], R], items: Iterable[T], threads: int = THREADS) -> list[R]:
    """Return ``[function(item) for item in items]``, up to `threads` of them at once."""
    todo: Sequence[T] = items if isinstance(items, Sequence) else list(items)
    if threads <= 1 or len(todo) <= 1:
        return [function(item) for item in todo]
    with ThreadPoolExecutor(min(threads, len(todo))) as pool:
        return list(pool.map(function, todo))


def ranges(bounds: Any, parts: int) -> list[tuple[int, int]]:
    """Cut groups into at most `parts` runs with about as many events each.

    Parameters
    ----------
    bounds : shape (G + 1,)
        Where the events of a group begin, as `Prepared.offsets`.
    """
    total, size = int(bounds[-1]), len(bounds) - 1
    cuts = [0, *(int(bounds.searchsorted(total * part // parts)) for part in range(1, parts)), size]
    return [(first, last) for first, last in pairwise(cuts) if first < last]


def _loading(bits: Any) -> Any:
    def load(typingctx: Any, address: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            pointer = builder.inttoptr(builder.add(args[0], args[1]), context.get_value_type(bits).as_pointer())
            loaded = builder.load(pointer)
            loaded.align = 1
            return context.cast(builder, loaded, bits, types.uint64)

        return types.uint64(types.uint64, types.uint64), generate

    return intrinsic(load)


word_at = _loading(types.uint64)
"""The eight bytes at byte `at` of memory as a number, wherever they lie; the caller knows the bounds."""
byte_at = _loading(types.uint8)
"""One byte of memory as a number; the caller knows the bounds."""
