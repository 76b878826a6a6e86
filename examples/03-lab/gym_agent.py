"""A policy that chooses from the menu: wait while all is well, then roll back what got worst, then say so."""

from __future__ import annotations

from typing import Any


def play(env: Any, seed: int) -> float:
    """Play one episode; return the sum of its rewards."""
    seen, info = env.reset(seed=seed)
    items = [str(each) for each in env.unwrapped.menu_items]
    usual, total, ended, plan = seen["services"], 0.0, False, list[str]()
    while not ended:
        worse = (seen["services"] - usual)[:, 1:3].sum(axis=1)  # share of errors [1] and mean latency [s]
        worst = env.unwrapped.services[int(worse.argmax())]
        if not plan and (worse.max() > 0.05 or seen["symptoms"].any()):
            plan = [f"rollback target={worst}", f"submit entity={worst}", "submit healthy=False", "submit final=True"]
        elif not plan and seen["time"][0] > info["seconds"] - 10.0:
            plan = ["submit healthy=True", "submit final=True"]
        chosen = plan.pop(0) if plan else "wait seconds=2.0"
        seen, reward, terminated, truncated, _ = env.step(items.index(chosen))
        total, ended = total + reward, terminated or truncated
    return total


if __name__ == "__main__":
    import gymnasium

    from telic.lab.doors.gym import register

    print(play(gymnasium.make(register(), scenarios="core"), seed=1))
