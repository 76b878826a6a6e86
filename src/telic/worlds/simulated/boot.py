"""The process of a simulated world: leaves whoever started it, and serves."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback

from telic.worlds.local.spec import read_spec


def main() -> None:
    """Run ``python -m telic.worlds.simulated.boot SPEC`` until the world ends."""
    spec = read_spec(sys.argv[1])
    for descriptor in (spec.gateway_fd, spec.otlp_fd, spec.lock_fd, spec.talk_fd):
        os.set_inheritable(descriptor, False)
    if os.fork():
        os._exit(0)  # whoever started us need not wait for our end
    os.write(spec.talk_fd, json.dumps({"keeper": os.getpid()}).encode() + b"\n")
    os.close(spec.otlp_fd)  # a simulated world takes no telemetry of others
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.pwrite(spec.lock_fd, f"{os.getpid()}\n".encode(), 0)
    from telic.worlds.simulated.serve import run  # after the fork: whoever waits does not import it

    try:
        run(spec, os.getpid())
    except BaseException:  # noqa: BLE001 - the last frame of a process that must not run on
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # threads that wait for virtual time have nothing to finish


if __name__ == "__main__":
    main()
