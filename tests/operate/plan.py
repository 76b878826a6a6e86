"""The hotel's shape for synthetic telemetry: who calls whom for which request, and how long each part takes."""

from __future__ import annotations

from dataclasses import dataclass

from telic.model import Edge, Entity, Topology


@dataclass(frozen=True)
class Visit:
    """One operation of one service: its statements, then its calls, in order."""

    service: str
    operation: str
    statements: tuple[str, ...] = ()
    calls: tuple[Visit, ...] = ()
    own: float = 0.002  # time in the service itself [s]


NEAR = Visit("hotel", "near", ("hotel.hotels_in_box",), own=0.012)
SEARCH = Visit("search", "search_hotels", calls=(NEAR,))
HOLD = Visit("hotel", "hold", ("hotel.hold", "hotel.hotel_by_id"), own=0.012)
CHARGE = Visit("payment", "charge", ("payment.insert_payment",), own=0.005)
OPERATIONS: dict[str, tuple[float, Visit]] = {  # entry operation to share of traffic and plan
    "search_hotels": (0.55, Visit("gateway", "search_hotels", calls=(SEARCH,))),
    "search_activities": (
        0.10,
        Visit(
            "gateway",
            "search_activities",
            calls=(
                Visit(
                    "activity",
                    "search_activities",
                    ("activity.in_box",),
                    (Visit("hotel", "get", ("hotel.hotel_by_id",), own=0.012),),
                ),
            ),
        ),
    ),
    "read_reviews": (
        0.15,
        Visit("gateway", "read_reviews", calls=(Visit("review", "read_reviews", ("review.by_hotel",)),)),
    ),
    "write_review": (
        0.03,
        Visit(
            "gateway",
            "write_review",
            calls=(
                Visit("review", "write_review", ("review.insert",), (Visit("booking", "has_paid", ("booking.paid",)),)),
            ),
        ),
    ),
    "reserve": (
        0.10,
        Visit("gateway", "reserve", calls=(Visit("booking", "reserve", ("booking.insert",), (HOLD,)),)),
    ),
    "pay": (
        0.05,
        Visit("gateway", "pay", calls=(Visit("booking", "pay", ("booking.by_id", "booking.set_state"), (CHARGE,)),)),
    ),
    "manage_user": (0.02, Visit("gateway", "manage_user", calls=(Visit("user", "manage_user", ("user.by_id",)),))),
}
SERVICES = ("gateway", "search", "hotel", "activity", "booking", "payment", "review", "user")
STORED = ("hotel", "activity", "booking", "payment", "review", "user")
TABLES = {"hotel": "hotel.hotels", "booking": "booking.bookings", "review": "review.reviews"}
TIMEOUT = {"gateway": 1.0}  # of calls [s]; 0.6 elsewhere
INNER, STORE = 0.6, 0.5


def edges() -> tuple[Edge, ...]:
    """Every edge of the plans, and those to the database."""
    found: dict[str, Edge] = {}

    def walk(visit: Visit) -> None:
        for call in visit.calls:
            edge = Edge(visit.service, call.service)
            found[edge.name] = edge
            walk(call)

    for _, visit in OPERATIONS.values():
        walk(visit)
    for service in STORED:
        edge = Edge(service, "postgres", "uses")
        found[edge.name] = edge
    return tuple(found.values())


def topology() -> Topology:
    """The hotel."""
    entities = [*(Entity(each, "service") for each in SERVICES), Entity("postgres", "store")]
    return Topology("hotel", tuple(entities), edges())
