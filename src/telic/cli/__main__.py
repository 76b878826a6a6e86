"""``python -m telic.cli`` is ``telic``."""

from telic.cli import main

main()
