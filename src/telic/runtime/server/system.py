"""What an instance answers about itself: whether it is ready, and what it can be asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from telic.runtime.config import LiveConfig
from telic.runtime.server.messages import Request, Response, error
from telic.runtime.server.route import encode


class SystemAnswers:
    """Answers requests below ``/-/``.

    Parameters
    ----------
    draining
        Whether the instance is about to end; it is not ready then.
    release
        Folder of the code that runs; its description is served.
    """

    def __init__(self, name: str, live: LiveConfig, draining: Callable[[], bool], release: Path) -> None:
        self._name, self._live, self._draining, self._release = name, live, draining, release

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        config = self._live.now
        if request.path == "/-/ready":
            facts = {
                "service": config.service,
                "version": config.version,
                "revision": config.revision,
                "instance": self._name,
            }
            return Response(503 if self._draining() else 200, encode(facts))
        if request.path == "/-/openapi.json":
            for where in (f"openapi/{config.service}.json", f"services/{config.service}/openapi.json"):
                if (self._release / where).is_file():
                    return Response(200, (self._release / where).read_bytes())
        return error(404, "no_such_operation", f"nothing at {request.path}")
