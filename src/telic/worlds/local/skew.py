"""A process whose wall clock is wrong, and nobody else's: its functions that tell the time are written over.

The kernel maps the code that tells the time into every process (vdso(7)). Pages of it that are written to become the
process's own. Chaos Mesh's ``TimeChaos`` works in the same way.
"""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import signal
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from telic.errors import WorldError
from telic.worlds.local import proc

_DYNAMIC, _STRINGS, _SYMBOLS = 2, 5, 6  # of ELF: a segment's kind, tags of the dynamic section
_TRIES = 20  # to find a process outside these functions when it stands still [1]
_LOOKS, _LOOK_EVERY = 1000, 0.005  # for it to stand still: a thread has to run once more before [1], [s]
_HINT = "choose a fault that needs none, or simulate"


def skew(pids: Sequence[int], seconds: float) -> None:
    """Let the wall clock of each process be `seconds` ahead, whole ones; 0 heals. What it starts later inherits it.

    Raises
    ------
    WorldError
        Another kind of machine, or a kernel that does not let us write to a process's memory.
    """
    if platform.machine() != "x86_64" or platform.system() != "Linux":
        raise WorldError(f"no way to skew a clock on {platform.system()} {platform.machine()}", hint=_HINT)
    offset = round(seconds)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            _write(pid, offset)


def _write(pid: int, offset: int) -> None:
    whole = _image()
    try:
        begin, end = _range(pid)
        with _standing(pid, begin, end), Path(f"/proc/{pid}/mem").open("r+b", buffering=0) as memory:
            for name, code in _codes(offset).items():
                at, size = _functions()[name]
                memory.seek(begin + at)
                memory.write(code if offset else whole[at : at + size])
    except PermissionError as error:
        raise WorldError(f"this host does not let us write to process {pid}: {error}", hint=_HINT) from error


def _codes(offset: int) -> Mapping[str, bytes]:
    """Return the code of each function: ask the kernel, and add `offset` [s] to the wall clock's seconds."""
    add = b"\x48\xb9" + struct.pack("<q", offset)  # mov rcx, offset
    clock = b"\xb8\xe4\0\0\0\x0f\x05"  # eax = clock_gettime; syscall
    clock += b"\x85\xff\x75\x11\x85\xc0\x75\x0d" + add + b"\x48\x01\x0e\xc3"  # only CLOCK_REALTIME: [rsi] += rcx; ret
    day = b"\xb8\x60\0\0\0\x0f\x05" + b"\x48\x85\xff\x74\x0d" + add + b"\x48\x01\x0f\xc3"  # gettimeofday: [rdi] += rcx
    seconds = b"\xb8\xc9\0\0\0\x0f\x05" + add + b"\x48\x01\xc8\x48\x85\xff\x74\x03\x48\x89\x07\xc3"  # time: rax += rcx
    return {"__vdso_clock_gettime": clock, "__vdso_gettimeofday": day, "__vdso_time": seconds}


def _range(pid: int) -> tuple[int, int]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith("[vdso]"):
            begin, _, end = line.split(" ", 1)[0].partition("-")
            return int(begin, 16), int(end, 16)
    raise WorldError(f"process {pid} asks its kernel for the time by itself", hint=_HINT)


@functools.cache
def _image() -> bytes:
    """Return the kernel's code, as nobody has written to it: that of a process of our own."""
    begin, end = _range(os.getpid())
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        memory.seek(begin)
        return memory.read(end - begin)


@functools.cache
def _functions() -> Mapping[str, tuple[int, int]]:
    """Return where each function begins in the image, and how long it is [bytes]."""
    image = _image()
    headers, count = struct.unpack_from("<Q", image, 0x20)[0], struct.unpack_from("<H", image, 0x38)[0]
    segments = [struct.unpack_from("<IIQQQQQQ", image, headers + 56 * each) for each in range(count)]
    start, size = next((each[2], each[5]) for each in segments if each[0] == _DYNAMIC)
    tags = dict(struct.unpack_from("<QQ", image, start + each) for each in range(0, size, 16))
    names, found = tags[_STRINGS], dict[str, tuple[int, int]]()
    for at in range(tags[_SYMBOLS], names, 24):
        word, _, _, _, value, length = struct.unpack_from("<IBBHQQ", image, at)
        name = image[names + word : image.index(b"\0", names + word)].decode()
        found[name] = (value, length)
    short = [name for name, code in _codes(1).items() if found.get(name, (0, 0))[1] < len(code)]
    if short:
        raise WorldError(f"this kernel's {', '.join(short)} leave no room", hint=_HINT)
    return found


@contextlib.contextmanager
def _standing(pid: int, begin: int, end: int) -> Iterator[None]:
    """Let a process stand still, no thread of it inside these addresses."""
    was = proc.stat(pid)
    stopped = was is not None and was.state == "T"
    try:
        for _ in range(_TRIES):
            os.kill(pid, signal.SIGSTOP)
            if _still(pid) and _outside(pid, begin, end):
                break
            if not stopped:
                os.kill(pid, signal.SIGCONT)
            time.sleep(_LOOK_EVERY)
        else:
            raise WorldError(f"process {pid} does not come to a stand outside its clock", hint="try again")
        yield
    finally:
        if not stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _still(pid: int) -> bool:
    """Wait until every thread stands still; False where one does not in seconds."""
    for _ in range(_LOOKS):
        states = [each.read_text().rpartition(")")[2].split()[0] for each in Path(f"/proc/{pid}/task").glob("*/stat")]
        if set(states) <= {"T", "t"}:
            return True
        time.sleep(_LOOK_EVERY)
    return False


def _outside(pid: int, begin: int, end: int) -> bool:
    """Whether every thread stands still, and where the kernel says, outside."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        words = (thread / "syscall").read_text().split()
        if words[0] == "running" or (len(words) > 1 and begin <= int(words[-1], 16) < end):
            return False
    return True
