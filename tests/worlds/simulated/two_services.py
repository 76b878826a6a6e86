"""Two services on virtual time, without stores: `front` asks `back`. As a program: tells what a run recorded."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import msgspec

from telic.runtime.config import Config
from telic.runtime.server.messages import Request, Response
from telic.runtime.telemetry.recorder import Recorder
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.instance import SimulatedInstance
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.network import Network
from telic.worlds.simulated.site import Site
from telic.worlds.simulated.streams import stream
from telic.worlds.simulated.telemetry import SimulatedRecorder

PORTS = {"front": 9001, "back": 9002}
LINK = {"a": 9101, "b": 9102}
APP = """
from __future__ import annotations

import msgspec

from telic.runtime import Application, Job, Operation


class Ask(msgspec.Struct):
    seconds: float = 0.0


class Answer(msgspec.Struct):
    number: str
    word: str = ""


def build(runtime):
    if runtime.settings.get("broken"):
        raise ValueError("it cannot be built")
    return Application("{service}", operations=(Operation("{operation}", Ask, Answer, {handler}, read=True),), jobs=(
        Job("tick", 0.2, lambda: tick(runtime)),
    ))


async def tick(runtime):
    runtime.log.info("tick")


def front(runtime):
    async def handle(request, context):
        found = await runtime.client("back").call("work", request, Answer, idempotent=True)
        return Answer(found.number, str(runtime.settings.get("word", "")))

    return handle


def back(runtime):
    async def handle(request, context):
        await runtime.clock.sleep(request.seconds)
        return Answer(runtime.ids.new())

    return handle
"""


class NoStores:
    """A world without stores."""

    def database(self, service: str, settings: object, recorder: object) -> Any:
        raise AssertionError

    def cache(self, service: str, settings: object, recorder: object) -> Any:
        raise AssertionError

    def queue(self, service: str, settings: object, recorder: object) -> Any:
        raise AssertionError

    def adapt(self, service: str, modules: Mapping[str, ModuleType]) -> None:
        pass


@dataclass
class Kept:
    """A pipeline that keeps everything."""

    recorder: Recorder
    told: list[str] = field(default_factory=list)

    def apply(self, config: Config) -> None:
        self.told.append(f"revision {config.revision}")

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")

    def skew(self, seconds: float) -> None:
        self.told.append(f"skew {seconds:g}")

    def close(self) -> None:
        self.told.append("close")

    def abandon(self) -> None:
        self.told.append("abandon")


class Pair:
    """Both services, each in its newest instance."""

    def __init__(self, folder: Path, seed: int = 7) -> None:
        self.folder, self.seed = folder, seed
        self.loop = VirtualLoop()
        clock = LoopClock(self.loop)
        self.network = Network(self.loop, stream(seed, "network"))
        self.site = Site(self.loop, clock, self.network, NoStores(), seed)
        self.network.route("front->back", LINK, PORTS["back"])
        self.exits: dict[str, asyncio.Future[int]] = {}
        for service, operation in (("front", "ask"), ("back", "work")):
            home = folder / "services" / service
            home.mkdir(parents=True, exist_ok=True)
            text = APP.replace("{service}", service).replace("{operation}", operation)
            (home / "app.py").write_text(text.replace("{handler}", f"{service}(runtime)"))
        self.front, self.back = self.start("front"), self.start("back")

    def start(self, service: str, **settings: object) -> SimulatedInstance:
        """Start an instance; it is ready a while later."""
        exited = self.exits[service] = self.loop.create_future()
        recorder = SimulatedRecorder(stream(self.seed, "ids", service), self.site.clock.time_ns)
        return SimulatedInstance(
            self.site,
            f"{service}-1",
            service,
            self.folder,
            self.document(service, 1, **settings),
            Kept(recorder),
            exited,
        )

    def document(self, service: str, revision: int = 1, /, **settings: object) -> bytes:
        """Return a configuration file."""
        content = {
            "system": "pair",
            "service": service,
            "revision": revision,
            "listen": {"port": PORTS[service]},
            "settings": {"upstream.back.port": LINK["a"], **settings},
        }
        return msgspec.json.encode(content)

    def ask(self, seconds: float = 0.0) -> asyncio.Task[Response]:
        """Ask the front, which asks the back, which takes so long [s]."""
        request = Request("POST", "/ask", "", {}, msgspec.json.encode({"seconds": seconds}))
        return self.loop.create_task(self.front.handle(request))

    def answer(self, asked: asyncio.Task[Response]) -> tuple[int, dict[str, object]]:
        """Return status and body."""
        response = self.loop.run_until_complete(asked)
        return response.status, msgspec.json.decode(response.body)


def told(instance: SimulatedInstance) -> list[str]:
    """Return what an instance's pipeline was told."""
    pipeline = instance._pipeline
    assert isinstance(pipeline, Kept)
    return pipeline.told


def record(seed: int) -> str:
    """Return everything that a run with some trouble recorded."""
    lines: list[tuple[object, ...]] = []
    with TemporaryDirectory() as folder:
        pair = Pair(Path(folder), seed)
        pair.loop.run_until(1.0)
        for number in range(300):
            pair.ask(number % 7 / 100)
            if number == 150:
                pair.back.kill()
                pair.back = pair.start("back")
            pair.loop.run_until(pair.loop.time() + 0.003)
        pair.loop.run_until(10)
        for each in (pair.front, pair.back):
            recorder = each._pipeline.recorder
            lines.extend((shape.encoded.hex(), *rest) for shape, *rest in recorder.spans)
            lines.extend(recorder.logs)
        pair.loop.close()
    return "".join(f"{' '.join(map(str, line))}\n" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(record(int(sys.argv[1])))
