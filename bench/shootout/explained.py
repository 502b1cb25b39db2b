"""Why a design doubles, loses or holds: its own reason, for what was measured."""

from collections.abc import Iterator, Mapping, Sequence

from bench.shootout.contestant import Contestant
from bench.shootout.fault import BY_NAME, Fault
from bench.shootout.row import Row


def explained(rows: Sequence[Row], contestants: Mapping[str, Contestant]) -> Iterator[str]:
    """A line for each row in which not every user has exactly one mail, or somebody is held."""
    for row in rows:
        if row.twice or row.none or row.held:
            contestant, fault = contestants[row.contestant], BY_NAME[row.fault]
            reasons = "; ".join(contestant.because[one] for one in disturbances(fault, row))
            yield f"{contestant.title}, {fault.title}: {counted(row)}. {reasons[:1].upper()}{reasons[1:]}."


def disturbances(fault: Fault, row: Row) -> list[str]:
    """Those of contestant.DISTURBANCES that the fault has brought; where it brings none, SES's refusals have."""
    brought = {
        "restarted": fault.producer_dies,
        "killed": fault.storm or fault.one_kill,
        "unheard": fault.lost > 0,
        "crowded": fault.others > 0 and row.refused > 0,
    }
    return [name for name, has in brought.items() if has] or ["crowded"]


def counted(row: Row) -> str:
    """In words."""
    told = []
    if row.twice:
        told.append(f"{row.twice:,} of {row.users:,} users have two mails or more ({row.mails:,} mails in all)")
    if row.none:
        told.append(f"{row.none:,} have none, and nobody is told")
    if row.held:
        told.append(f"{row.held:,} are held for a person")
    return ", ".join(told)
