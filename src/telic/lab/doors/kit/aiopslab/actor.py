"""An agent with ``init_context`` and ``get_action`` as an actor of a session."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

from ..words import describe
from .apis import Apis
from .claims import claims
from .parsing import Unparsable, parse

if TYPE_CHECKING:
    from telic.lab.session.session import Brief, Session

NEXT: Final = "Please take the next action"
DONE: Final = "SubmissionStatus.VALID_SUBMISSION"

INSTRUCTIONS: Final = """Respond with one of the above APIs as your next action, in a code block and nothing else:
```
<API_NAME>(<API_PARAM1>, <API_PARAM2> ...)
```
For instance, to see the logs of a service:
```
get_logs("{namespace}", "{entry}")
```
When you are done, submit once:
{form}
"""
FORMS: Final[Mapping[str, str]] = {
    "detect": '```\nsubmit("Yes")\n```\nif anything is wrong, and submit("No") if nothing is.',
    "localise": '```\nsubmit(["service"])\n```\nwith the place of the cause, and submit([]) if nothing is wrong.',
    "explain": '```\nsubmit({"entity": "service", "mechanism": "word"})\n```\nand submit() if nothing is wrong.',
    "mitigate": "```\nsubmit()\n```\nonce users are well again.",
    "": '```\nsubmit({"healthy": False, "entity": "service", "mechanism": "word", "onset": 0.0, "path": ["service"]})\n'
    '```\nand submit({"healthy": True}) if nothing is wrong.',
}


class Agent(Protocol):
    """What AIOpsLab asks of an agent; ``init_context(problem_desc, instructions, apis)`` is called if it is there."""

    async def get_action(self, input: str) -> str:
        """Return the next action for what came of the last one."""
        ...


class AiopslabActor:
    """Lets one agent work through a session as AIOpsLab's orchestrator would.

    Parameters
    ----------
    agent
        A fresh one.
    steps
        Answers that it may give [1].
    patience
        For one answer [s of the machine's clock]; after that the agent is left.
    """

    def __init__(self, agent: Agent, *, steps: int = 60, patience: float = 600.0) -> None:
        self._agent, self._steps, self._patience = agent, steps, patience

    def run(self, session: Session) -> None:
        """Ask for actions and carry them out until one submits, or the session or the steps are over."""
        apis = Apis(session)
        self._tell(session.brief, apis)
        said = NEXT
        with asyncio.Runner() as runner:
            for _ in range(self._steps):
                try:
                    answer = runner.run(self._asked(said))
                except TimeoutError:
                    return
                reply = self._reply(session, apis, answer)
                if session.closed or reply == DONE:
                    return
                said = f"{reply}\n{NEXT}"

    async def _asked(self, said: str) -> str:
        return await asyncio.wait_for(self._agent.get_action(said), self._patience)

    def _tell(self, brief: Brief, apis: Apis) -> None:
        tell = getattr(self._agent, "init_context", None)
        if tell is not None:
            form = FORMS[_task(brief)]
            instructions = INSTRUCTIONS.format(namespace=brief.app, entry=brief.entry, form=form)
            tell(describe(brief), instructions, apis.docs())

    def _reply(self, session: Session, apis: Apis, answer: object) -> str:
        try:
            call = parse(answer)
        except Unparsable as error:
            return apis.refused(str(error))
        if call.name != "submit":
            return apis.call(call)
        result = session.call("submit", {**claims(call.args, call.kwargs, _task(session.brief)), "final": True})
        return f"error: {result.error}" if result.error and not result.closed else DONE


def _task(brief: Brief) -> str:
    """Return the one task that is asked; "" where there are several."""
    return brief.tasks[0] if len(brief.tasks) == 1 else ""
