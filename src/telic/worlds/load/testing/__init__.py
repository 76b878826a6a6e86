"""A small system in this process, to try the generator against: it answers as designed, or late, wrong, never."""

from telic.worlds.load.testing.server import Server
from telic.worlds.load.testing.system import ModelSystem, Reply
from telic.worlds.load.testing.virtual import VirtualTimer, VirtualWay

__all__ = ["ModelSystem", "Reply", "Server", "VirtualTimer", "VirtualWay"]
