"""Are the tables, which are the only record of who was mailed, safe from a slip of the hand? (ADR 23), and the right ones?"""

from collections.abc import Iterator

from ops.doctor.deployed import Deployed
from ops.doctor.finding import Finding, ok, warning, wrong
from ops.session import FOREIGN
from shared.outbox.table_pin import Standing

_OUTPUTS = ("OutboxTableName", "ControlTableName", "UnsubscribedTableName")


def protection(deployed: Deployed) -> Iterator[Finding]:
    """No table can be deleted by mistake (source: ddb-protected)."""
    names = [deployed.output(name) for name in _OUTPUTS]
    open_ones = [name for name in names if not _described(deployed, name).get("DeletionProtectionEnabled")]
    for name in open_ones:
        yield warning(
            f"the table {name} can be deleted by mistake, and who was mailed with it",
            f"`aws dynamodb update-table --table-name {name} --deletion-protection-enabled`",
        )
    if not open_ones:
        yield ok("the tables are protected against deletion")


def recovery(deployed: Deployed) -> Iterator[Finding]:
    """Each can be restored as it was at any time of the last weeks (source: ddb-restore)."""
    names = [deployed.output(name) for name in _OUTPUTS]
    without = [name for name in names if not _restorable(deployed, name)]
    for name in without:
        to_do = f"aws dynamodb update-continuous-backups --table-name {name} --point-in-time-recovery-specification"
        yield warning(f"the table {name} can't be restored", f"`{to_do} PointInTimeRecoveryEnabled=true`")
    if not without:
        yield ok("the tables have point-in-time recovery")


def identity(deployed: Deployed) -> Iterator[Finding]:
    """The outbox is the table that this stack has worked with (ADR 34)."""
    if deployed.session.pin.look().standing is Standing.FOREIGN:
        yield wrong(FOREIGN, "docs/runbook.md, ForeignTableAlarm")
    else:
        yield ok("the outbox is the table that this stack knows")


def _described(deployed: Deployed, table: str) -> dict[str, object]:
    found: dict[str, object] = deployed.ask("dynamodb", "describe_table", TableName=table)["Table"]
    return found


def _restorable(deployed: Deployed, table: str) -> bool:
    found = deployed.ask("dynamodb", "describe_continuous_backups", TableName=table)["ContinuousBackupsDescription"]
    return bool(found.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED")
