"""Systems that somebody brings: a folder with start commands, run as real processes that send OTLP themselves."""

from telic.worlds.brought.app import FILE, App, Operation, Promise, Service
from telic.worlds.brought.reading import folder_of, read

__all__ = ["FILE", "App", "Operation", "Promise", "Service", "folder_of", "read"]
