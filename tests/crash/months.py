"""A month of many pages, whose producer is killed and started again until it is done, and what must be true then."""

from collections.abc import Iterator

from mail.usage.variables import KIND
from shared.aws.dynamodb import INSERTS_PER_CALL
from shared.periods import Period
from shared.producing.pages import Ahead
from shared.producing.query import filled
from shared.store import Item
from simulation.fakes.producing import at_once, when_asked_for
from simulation.fakes.wire import Wire
from simulation.stack import PERIOD
from simulation.watched_table import WatchedTable
from simulation.world import ProcessKilled, World
from tests.crash.disturbances import KILLS, Disturbance, DisturbingWire

PAGES = 25
BAD_ROWS = (7, 48, 49, 120)
STARTS_AT_MOST = 5_000


class TornTable(WatchedTable):
    """Inserts call by call, as the real one does: a process may die in the middle of a page."""

    inserts_per_call = INSERTS_PER_CALL

    def insert(self, items: list[Item]) -> list[bool]:
        size = self.inserts_per_call
        return [
            put for at in range(0, len(items), size) for put in super(TornTable, self).insert(items[at : at + size])
        ]


def month(wire: Wire, page_rows: int, ahead: Ahead = when_asked_for) -> World:
    """25 pages, with rows that can't become messages and a user who comes twice, across the boundary of two pages."""
    world = World(PAGES * page_rows - 2, wire=wire)
    for number in BAD_ROWS:
        world.rows[number]["email"] = None
    world.rows.insert(page_rows - 1, dict(world.rows[page_rows - 2]))
    world.ahead = ahead
    world.athena.page_rows = page_rows
    world.outbox_table = TornTable("outbox", ("user_id", "period"), world.clock, wire)
    world.outbox_table.inserts_per_call = max(3, page_rows // 4)
    return world


def looked_at(world: World) -> Item:
    """The event that hands over the result of a look at the month."""
    sql = filled(KIND.files.read(KIND.files.query), {"period_start": Period.parse(PERIOD).start})
    return {"period": PERIOD, "by": "ann", "result": world.athena.ask(sql, "a-look")}


def produced(world: World, event: Item | None = None) -> int:
    """Starts it until it is done: with this event until its run has begun, then as AWS does by itself. How often that took."""
    for starts in range(1, STARTS_AT_MOST):
        try:
            begun = any(item["name"] == f"run#{PERIOD}" for item in world.control_table.items())
            if world.produce(None if begun else event)["state"] == "COMPLETED":
                return starts
        except ProcessKilled:
            world.processes.clear()
    raise AssertionError("the month is never done")


def faults(world: World) -> list[str]:
    """What is wrong with a month that is done: users without a message, messages for nobody, false sums, queries too many."""
    wanted = list(dict.fromkeys(row["user_id"] for row in world.rows if row["email"]))
    there = [item["user_id"] for item in world.messages()]
    run = next(item for item in world.control_table.items() if item["name"] == f"run#{Period.parse(PERIOD)}")
    found = {
        "messages": there,
        "produced": run["produced"],
        "rejected": run["rejected"],
        "rows": run["checks"]["rows"],
        "repeated": run["checks"]["repeated"],
        "differing": run["differing"],
        "queries": len(world.athena.results),
    }
    right = {
        "messages": wanted,
        "produced": len(wanted),
        "rejected": len(BAD_ROWS),
        "rows": len(world.rows),
        "repeated": 1,
        "differing": 0,
        "queries": 1,
    }
    return [f"{name}: {found[name]}, not {right[name]}" for name in right if found[name] != right[name]]


def kills(page_rows: int, ahead: Ahead, *, handed: bool = False, calls: int | None = None) -> Iterator[list[str]]:
    """For each AWS call of the month, or the first ones, killed before and after it: what is wrong in the end. `handed`: its
    run takes a result that was looked at.
    """
    whole = DisturbingWire()
    calm = month(whole, page_rows, ahead)
    event = looked_at(calm) if handed else None
    before = len(whole.calls)
    produced(calm, event)
    for call in range(before, before + calls if calls else len(whole.calls)):
        for kind in KILLS:
            wire = DisturbingWire(Disturbance(call, kind))
            world = month(wire, page_rows, ahead)
            event = looked_at(world) if handed else None
            starts = produced(world, event)
            yield faults(world) + too_much(wire, starts, ahead)


def too_much(wire: DisturbingWire, starts: int, ahead: Ahead) -> list[str]:
    """What a kill costs above a second start. Read again are the page that was worked on, the one that was read ahead, and once
    more the first, which the mail is tried with.
    """
    again = wire.calls.count("athena.GetQueryResults") - 2 * PAGES
    most = 4 if ahead is at_once else 2
    return [f"started {starts} times"] * (starts != 2) + [f"{again} pages were read again"] * (again > most)
