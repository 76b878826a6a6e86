"""Linux namespaces and death signals by system call; imports only the standard library.

Also a program, run by path so that it starts in some 10 ms: it ties itself to its parent's life, optionally becomes an
ordinary user in a user namespace of its own, and then becomes a command (`wrap` builds its command line).
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys

NEW_MOUNT, NEW_UTS, NEW_IPC = 0x00020000, 0x04000000, 0x08000000  # clone(2)
NEW_USER, NEW_PID, NEW_NET = 0x10000000, 0x20000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)
PLAIN, PRIVATE = 0xE, 1 << 14 | 1 << 18  # mount(2): nosuid, nodev, noexec; recursive, private
SHARED = "/dev/shm"  # shm_open(3)
_SIOCSIFFLAGS, _IFF_UP, _IFF_RUNNING = 0x8914, 0x1, 0x40  # netdevice(7)
_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave the caller's namespaces named by `flags`; the network one for the calling thread alone."""
    _check(_libc.unshare(flags), f"unshare({flags:#x})")


def become(uid: int, gid: int, outer_uid: int, outer_gid: int) -> None:
    """Map one outer user and group to `uid` and `gid` in the user namespace that was just made."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {outer_uid} 1"), ("gid_map", f"{gid} {outer_gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def enter_world() -> None:
    """Make the user, pid, ipc and uts namespaces of a world; the caller's next child is pid 1 in it."""
    uid, gid = os.geteuid(), os.getegid()
    unshare(NEW_USER | NEW_PID | NEW_IPC | NEW_UTS)
    become(0, 0, uid, gid)


def mount_proc() -> None:
    """Give the calling pid 1 mounts of its own: ``/proc`` shows its namespace alone, ``/dev/shm`` ends with it."""
    unshare(NEW_MOUNT)
    mount("none", "/", "", PRIVATE)
    mount("proc", "/proc", "proc", PLAIN)
    if os.path.isdir(SHARED):  # PostgreSQL that is killed leaves its shared memory there
        mount("tmpfs", SHARED, "tmpfs", PLAIN, "mode=1777")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount, for the calling process's mount namespace: mount(2)."""
    words = [each.encode() or None for each in (source, target, kind)]
    _check(_libc.mount(*words, flags, options.encode() or None), f"mount {target}")


def enter(descriptor: int, kind: int) -> None:
    """Join the namespace that an open file stands for, the network one with the calling thread alone: setns(2)."""
    _check(_libc.setns(descriptor, kind), f"setns({kind:#x})")


def enter_network() -> None:
    """Give the calling thread a network of its own with nothing but a loopback device."""
    unshare(NEW_NET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        fcntl.ioctl(probe, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP | _IFF_RUNNING))


def die_with_parent(parent: int = 0, number: int = signal.SIGKILL) -> None:
    """Ask for signal `number` when the parent ends; end now if it is no longer process `parent`."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")
    if parent and os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants, as pid 1 is in a namespace."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)")


def probe() -> str:
    """Try everything that a namespace world needs, in a child; return "" or what the kernel refused."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.write(writer, _attempt().encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        said = answer.read().decode()
    os.waitpid(child, 0)
    return "" if said == "ok" else said or "the probe was killed"


def _attempt() -> str:
    try:
        enter_world()
        child = os.fork()
        if child == 0:
            os._exit(_attempt_inside())
        _, status = os.waitpid(child, 0)
    except OSError as error:
        return str(error)
    stage = {
        0: "ok",
        1: "mounting /proc in a new pid namespace",
        2: "a network namespace",
        3: "a nested user namespace",
    }
    return stage.get(os.waitstatus_to_exitcode(status), "a process in a new pid namespace was killed")


def _attempt_inside() -> int:
    for code, step in ((1, mount_proc), (2, enter_network), (3, lambda: unshare(NEW_USER))):
        try:
            step()
        except OSError:
            return code
    return 0


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def wrap(command: list[str], *, number: int = signal.SIGKILL, uid: int = -1) -> list[str]:
    """Return the command line that runs `command` with a death signal and, if `uid` >= 0, as that user."""
    return [sys.executable, "-I", "-S", __file__, "exec", str(os.getpid()), str(int(number)), str(uid), *command]


def main(argv: list[str]) -> None:
    """``probe`` prints "" or what is refused; ``exec PARENT SIGNAL UID COMMAND...`` becomes a command."""
    if argv == ["probe"]:
        sys.stdout.write(probe())
        return
    parent, number, uid, command = int(argv[1]), int(argv[2]), int(argv[3]), argv[4:]
    if uid >= 0:
        outer_uid, outer_gid = os.geteuid(), os.getegid()
        unshare(NEW_USER)
        become(uid, uid, outer_uid, outer_gid)
    die_with_parent(parent, number)  # after the change of user, which clears it
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
