"""A small shop as a design on Kubernetes, and how it is started there."""

from __future__ import annotations

from pathlib import Path

from telic.model import Call, Design, Grant, ServiceDesign, ServiceOperation
from telic.model.intent import Capacity
from telic.runtime.wiring import EdgePolicy, Wiring
from telic.worlds.kubernetes.pods import Options

NOW = 1_790_000_000.0
OPTIONS = Options(namespace="shop", image="registry.example/shop:1", replicas=2, telemetry="http://collector:4318")


def shop(state: Path) -> Design:
    """A gateway that calls a cart, which keeps its lines in PostgreSQL and a cache."""
    folder = state / "design"
    for name in ("gateway", "cart"):
        (folder / "services" / name).mkdir(parents=True)
        (folder / "services" / name / "app.py").write_text(f'"""{name}: ünïcode."""\n', encoding="utf-8")
        (folder / "services" / name / "handlers.py").write_text("x = 1\n")
    (folder / "seed").mkdir()
    (folder / "seed" / "cart.lines.jsonl").write_text("{}\n")
    see = ServiceOperation("see", ("F1",), (), (), calls=(Call("cart", "get"),))
    gateway = ServiceDesign("gateway", "gateway", (), (see,))
    cart = ServiceDesign(
        "cart", "owner", ("cart",), (ServiceOperation("get", (), (), ()),),
        stores=("postgres", "valkey"), capacity=Capacity("cart", slots=8, service_time=0.01),
    )  # fmt: skip
    wiring = Wiring(edges={"gateway->cart": EdgePolicy(timeout=0.5)})
    grants = (Grant("cart", "cart.lines", ("SELECT",)),)
    return Design(
        "shop", "sha256:0", (gateway, cart), ("postgres", "valkey"), grants, wiring, (), (), hash="sha256:abc",
        folder=folder,
    )  # fmt: skip
