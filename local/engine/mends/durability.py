"""With a data directory, what AWS acknowledged survives the death of the engine.

On AWS an acknowledged write is durable. MiniStack saves its state only when it is stopped cleanly, never saves streams,
and fails the executions that were running.

Survives a kill, exactly: every acknowledged DynamoDB write, all of a transaction or nothing of it; its stream record;
every table, also those of a stack; every execution that was acknowledged, which goes on with the state that it was in
(a Task that was running runs again, as after a lost answer on AWS); every accepted mail; every asynchronous invocation
and every event of SES that had not come through (its function may see it twice).
Survives up to its last second: everything else (stacks, functions, mappings and their checkpoints, queues,
schedules). A checkpoint that is a second old makes records come again, never skip.
Does not survive: synchronous invocations that were running, an execution's history since its start, metrics and logs of
the last second, faults that were ordered and what SES's account was set to.
"""

import os
import threading
from pathlib import Path

from ministack import app
from ministack.core import persistence

from local.engine.durable_deliveries import DurableDeliveries
from local.engine.durable_executions import DurableExecutions
from local.engine.durable_tables import DurableTables
from local.engine.journal import Journal
from local.engine.mending import replace
from local.engine.snapshots import Snapshots


def mend() -> None:
    """With a data directory: journal, snapshot, restore and resume. Without one: nothing."""
    if not persistence.PERSIST_STATE:
        return
    journal = Journal(Path(os.environ["STATE_DIR"]) / "journal.sqlite")
    tables, executions, deliveries = DurableTables(journal), DurableExecutions(journal), DurableDeliveries(journal)
    for durable in (tables, executions, deliveries):
        durable.install()

    def load() -> None:
        stock_load()
        tables.restore()
        executions.restore()
        deliveries.restore()
        threading.Thread(target=Snapshots().run, name="snapshots", daemon=True).start()

    async def announce_ready() -> None:
        # The functions that the executions invoke call this server.
        await app._wait_for_port(int(os.environ["GATEWAY_PORT"]))
        executions.resume()
        deliveries.resume()
        await stock_announce()

    stock_load = replace(app, "_load_persisted_state", load)
    stock_announce = replace(app, "_run_ready_scripts", announce_ready)
