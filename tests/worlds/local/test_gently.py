"""What starts on half of the processors has all of them once it is up, in every process and thread."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil

from telic.worlds.local import gently

CHILD = "import threading; threading.Thread(target=input, daemon=True).start(); print(1, flush=True); input()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


def test_it_is_undone_in_children_and_threads() -> None:
    ours = os.sched_getaffinity(0)
    with gently.half():
        inside = os.sched_getaffinity(0)
        parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        (child,) = psutil.Process(parent.pid).children()
        threads = [parent.pid, *(int(each) for each in os.listdir(f"/proc/{child.pid}/task"))]
        assert len(threads) == 3
        assert [os.sched_getaffinity(each) for each in threads] == [inside] * 3
        gently.whole(parent.pid)
        assert [os.sched_getaffinity(each) for each in threads] == [ours] * 3
        parent.communicate(b"done\ndone\n")
    assert len(inside) == (len(ours) + 1) // 2
    assert os.sched_getaffinity(0) == ours
