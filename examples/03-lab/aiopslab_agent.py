"""An agent as AIOpsLab's are written; nothing in it knows that it runs elsewhere."""

from __future__ import annotations


class Agent:
    """Restarts what the logs of the entry complain of; a language model would choose instead."""

    def init_context(self, problem_desc: str, instructions: str, apis: dict[str, str]) -> None:
        """Take the problem."""
        self.prompt = "\n\n".join([problem_desc, instructions, *apis.values()])
        self.plan = [
            'exec_shell("kubectl get pods -n hotel")',
            'exec_shell("kubectl get events -n hotel")',
            'exec_shell("kubectl rollout undo deployment/rate -n hotel")',
            'submit({"healthy": False, "entity": "rate"})',
        ]

    async def get_action(self, input: str) -> str:
        """Return the next action."""
        return f"Thought: one step after the other.\nAction:\n```\n{self.plan.pop(0)}\n```"
