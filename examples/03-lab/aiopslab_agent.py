"""An agent as AIOpsLab's are written: text in, one action out, from the APIs that it is told of."""

from __future__ import annotations

import json
import re
from collections.abc import Generator


class Agent:
    """Waits for an alert, takes back the newest deploy and blames it; a language model would choose instead."""

    def init_context(self, problem_desc: str, instructions: str, apis: dict[str, str]) -> None:
        """Take the problem."""
        self.seconds = float(re.findall(r"([\d.]+) s of the system's time", problem_desc)[0])
        self.namespace = re.findall(r'get_logs\("(.+?)"', instructions)[0]
        self.plan = self.steps()
        next(self.plan)

    async def get_action(self, input: str) -> str:
        """Return the next action for what came of the last one."""
        return f"Thought: one step after the other.\nAction:\n```\n{self.plan.send(input)}\n```"

    def steps(self) -> Generator[str, str, None]:
        """Yield actions; what is sent in is the answer to the last one."""
        yield ""
        alerts = False
        for _ in range(int(self.seconds / 4) - 1):  # a round takes 4 s
            if alerts := '"signal"' in (yield "alerts()"):
                break
            yield "wait(3)"
        events = yield f'exec_shell("kubectl get events -n {self.namespace}")'
        deploys = [json.loads(line) for line in events.splitlines() if line.startswith("{") and '"deploy"' in line]
        if alerts and deploys:
            name = deploys[-1]["entity"]
            yield f'exec_shell("kubectl rollout undo deployment/{name} -n {self.namespace}")'
            yield f'submit({{"healthy": False, "entity": "{name}", "onset": {deploys[-1]["time"]}}})'
        yield 'submit("Yes")' if alerts else 'submit("No")'
