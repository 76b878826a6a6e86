"""Episodes of the lab as a Gymnasium environment (https://gymnasium.farama.org); needs the extra ``lab``."""

from __future__ import annotations

from telic.lab.doors.extra import need

ID = "telic/Lab-v0"


def register() -> str:
    """Make the environment known to Gymnasium; return its name for ``gymnasium.make`` and ``make_vec``.

    Raises
    ------
    UsageError
        The extra ``lab`` is not installed.
    """
    gymnasium = need("gymnasium")
    if ID not in gymnasium.registry:
        gymnasium.register(ID, entry_point="telic.lab.doors.gym.env:LabEnv")
    return ID
