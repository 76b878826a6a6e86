"""A service process: preload in the parent, run after the fork, end with everything flushed."""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import logging
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import uvloop

from telic.errors import PortInUse
from telic.runtime import config as configuration
from telic.runtime.config import Config, LiveConfig
from telic.runtime.failures import InvalidConfig
from telic.runtime.instance import Build, Instance
from telic.runtime.telemetry.pipeline import Pipeline

LOG = logging.getLogger("telic.runtime")


def preload() -> None:
    """Import all that a service needs, in a parent that will fork; starts no thread and no loop."""
    for name in ("asyncpg", "telic.runtime", "telic.runtime.testing"):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is loaded now is never freed; collections need not touch the shared pages


def run(service: str, instance: str, release: Path, config_file: Path, port: int | None = None) -> int:
    """Serve until SIGTERM; return the process's exit code.

    Parameters
    ----------
    service, instance
        Names, such as ``hotel`` and ``hotel-1``.
    release
        Folder with ``services/<service>``; goes on ``sys.path``.
    config_file
        See docs/reference/contracts.md; followed while it changes.
    port
        Where to listen, instead of the file's; 0 picks a free one.
    """
    release, config_file = Path(release).resolve(), Path(config_file)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _leave)
    pipeline = Pipeline(service, instance)
    try:
        config = configuration.read(config_file)
        if config.service != service:
            raise InvalidConfig(f"{config_file} is for {config.service}, not {service}", hint="mend --config")
        pipeline.apply(config)
        build = _load(service, release)
        with _bind(config, port) as listener:
            serving = _serve(instance, build, LiveConfig(config), pipeline, listener, release, config_file)
            uvloop.run(serving)
        return 0
    except SystemExit:
        return 0  # told to end before it served
    except Exception as error:  # the process's border: whatever ends it is said, with its trace
        LOG.exception("%s ends: %s", instance, error)
        return 1
    finally:
        pipeline.close()


async def _serve(
    name: str,
    build: Build,
    live: LiveConfig,
    pipeline: Pipeline,
    listener: socket.socket,
    release: Path,
    config_file: Path,
) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    instance = Instance(name, build, live, pipeline, release)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # requests make few cycles; a full collection costs milliseconds
    await instance.serve(listener, config_file, stop)


def _load(service: str, release: Path) -> Build:
    """Import the service's code, after the fork, so that a new version needs no new parent."""
    sys.path.insert(0, str(release))
    build: Build = importlib.import_module(f"services.{service}.app").build
    return build


def _bind(config: Config, port: int | None) -> socket.socket:
    address = (config.listen.host, config.listen.port if port is None else port)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise PortInUse(f"{address[0]}:{address[1]}: {error.strerror}", hint="choose another --port") from error
    return listener


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve one service from the command line."""
    parser = argparse.ArgumentParser(prog="python -m telic.runtime.serve", description="Serve one service of a design.")
    parser.add_argument("--service", required=True, help="its name, as in services/<name>")
    parser.add_argument("--instance", required=True, help="a name for this process, such as hotel-1")
    parser.add_argument("--release", required=True, type=Path, help="the folder that holds services/")
    parser.add_argument("--config", required=True, type=Path, help="its configuration file")
    parser.add_argument("--port", type=int, help="listen here instead; 0 picks a free port")
    given = parser.parse_args(arguments)
    return run(given.service, given.instance, given.release, given.config, given.port)


if __name__ == "__main__":
    sys.exit(main())
