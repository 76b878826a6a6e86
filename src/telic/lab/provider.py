"""Faults of somebody outside, at the service that asks them: the leaf that users pay, mail or ship through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from telic.lab.deployed import Deployed
from telic.lab.fault import Params, Scene
from telic.lab.rewriting import with_around

HOST = "api.pay.example"
ADAPTERS = ("pay", "mail", "ship", "sms", "bank", "notif")  # parts of the names of services that ask somebody outside


@dataclass(frozen=True)
class Provided(Deployed):
    """A version of an adapter that asks a provider, which does not behave."""

    layer: ClassVar[str] = "external"

    @classmethod
    def places(cls, scene: Scene) -> list[Params]:
        """Return popular operations of adapters; where none is called like one, of services that call no other."""
        found = super().places(scene)
        adapters = [each for each in found if any(part in str(each["service"]) for part in ADAPTERS)]
        callees = {each.name: each.callees for each in scene.design.services}
        return adapters or [each for each in found if not callees[str(each["service"])]]

    def asking(
        self, files: Mapping[str, str], body: Sequence[str], *, imports: Sequence[str] = (), above: Sequence[str] = ()
    ) -> Mapping[str, str]:
        """Return the edit after which the operation asks the provider first; `body` is what becomes of the question."""
        ask = [
            *above,
            f'PROVIDER = "{HOST}"',
            "",
            "",
            "async def _authorised(now: float) -> str:",
            '    """Ask the provider; the number of the case."""',
            *(f"    {each}" for each in body),
        ]
        lines = ["await _authorised(context.clock.time())", "return await self._answer(request, context)"]
        return with_around(files, self.operation, lines, imports=imports, above=ask)
