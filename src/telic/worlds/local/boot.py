"""The first process of a world: makes the namespaces, stays outside as keeper, and becomes the supervisor inside."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

from telic.worlds.local import host_pids, namespace
from telic.worlds.local.spec import Spec, read_spec


def main() -> None:
    """Run ``python -m telic.worlds.local.boot SPEC`` until the world ends."""
    spec = read_spec(sys.argv[1])
    for descriptor in (spec.gateway_fd, spec.otlp_fd, spec.lock_fd, spec.talk_fd):
        os.set_inheritable(descriptor, False)
    if os.fork():
        os._exit(0)  # whoever started us need not wait for our end
    os.write(spec.talk_fd, json.dumps({"keeper": os.getpid()}).encode() + b"\n")
    if spec.isolation == "processes":
        namespace.adopt_orphans()
        _supervise(spec, host_pids.HostPids(None), os.getpid())
        return
    outer, inner = host_pids.border()
    namespace.enter_world()
    child = os.fork()
    if child == 0:
        outer.close()
        namespace.die_with_parent()
        namespace.mount_proc()
        pids = host_pids.HostPids(inner)
        _supervise(spec, pids, pids.of(os.getpid()))
        return
    for descriptor in (spec.gateway_fd, spec.otlp_fd, spec.talk_fd):
        os.close(descriptor)
    inner.close()
    sys.exit(abs(host_pids.keep(child, outer)))


def _supervise(spec: Spec, pids: host_pids.HostPids, pid: int) -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.pwrite(spec.lock_fd, f"{pid}\n".encode(), 0)
    outside = ThreadPoolExecutor(1, thread_name_prefix="host-network")
    outside.submit(os.getpid).result()  # the thread must exist before the network changes: it keeps the host's
    if spec.isolation == "namespace":
        namespace.enter_network()
    try:
        supervisor = importlib.import_module(spec.supervisor)  # after the fork: the keeper stays small
        supervisor.run(spec, pids, pid, outside)
    except BaseException:  # noqa: BLE001 - the last frame of a process that must not run on
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # the thread outside has nothing to finish


if __name__ == "__main__":
    main()
