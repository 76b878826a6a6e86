"""A policy that chooses from the menu: wait while all is well, then restart where most fails, then say so."""

from __future__ import annotations

from typing import Any


def play(env: Any, seed: int) -> float:
    """Play one episode; return the sum of its rewards."""
    seen, _ = env.reset(seed=seed)
    items = [str(each) for each in env.unwrapped.menu_items]
    services = env.unwrapped.services
    total, ended, plan = 0.0, False, list[str]()
    while not ended:
        errors = seen["services"][:, 1]
        worst = services[int(errors.argmax())]
        if not plan and (errors.max() > 0.05 or seen["symptoms"].any()):
            plan = [f"restart target={worst}", f"submit entity={worst}", "submit healthy=False", "submit final=True"]
        chosen = plan.pop(0) if plan else "wait seconds=2.0"
        seen, reward, terminated, truncated, _ = env.step(items.index(chosen))
        total, ended = total + reward, terminated or truncated
    return total


if __name__ == "__main__":
    import gymnasium

    from telic.lab.doors.gym import register

    print(play(gymnasium.make(register(), scenarios="core"), seed=1))
