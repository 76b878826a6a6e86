"""Past incidents as folders: read-only, and everything about them but the truth."""

from telic.worlds.recorded.recording import Recording, read

__all__ = ["Recording", "read"]
