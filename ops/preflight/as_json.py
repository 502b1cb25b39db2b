"""What a look has found, as one object for a script."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ops.formatting import plain
from ops.preflight.course import Course
from ops.preflight.figures import Figures
from shared.producing.rejected_rows import RejectedRow
from shared.times import to_text


def as_json(found: Figures, *, reveal: bool) -> str:
    checks, execution = found.checks, found.answered.execution
    told: dict[str, Any] = {
        "stage": found.stage,
        "period": str(found.period),
        "at": to_text(found.at),
        "may_go_out": found.may_go_out,
        "period_is_over": not found.early,
        "run": found.state,
        "result": {
            "query_id": execution.query_id,
            "submitted_at": to_text(execution.submitted_at),
            "asked_by_this_look": found.answered.asked,
            "scanned_bytes": execution.scanned_bytes,
            "can_be_handed_on": not found.unfit,
            "unfit": [plain(one) for one in found.unfit],
        },
        "rows": checks.rows,
        "messages": checks.usable,
        "suppressed": found.to_suppressed,
        "unsubscribed": checks.unsubscribed,
        "rejected": checks.rejected,
        "twice": checks.twice,
        "repeated": checks.repeated,
        "already": {**asdict(found.known), "exact": found.known.exact, "would_be_put": found.known.fresh},
        "rejected_for": {plain(column): number for column, number in checks.columns.items()},
        "rejected_samples": [_sample(row, reveal=reveal) for rows in found.rejected.values() for row in rows],
        "month_before": None if found.before is None else {**asdict(found.before), "period": str(found.before.period)},
        "limits": {"max_rejected": found.limits.rejected, "max_change": found.limits.change},
        "would_stop_for": {word: plain(reason) for word, reason in found.findings.items()},
        "accepted": list(found.accepted),
        "sending": _sending(found),
        "bill": {
            "dollars": found.bill.total,
            "entries": [asdict(one) for one in found.bill.entries],
            "note": found.bill.note,
        },
        "account": [{"group": group, **asdict(finding)} for group, finding in found.account],
        "template": found.template,
        "mails": None if found.mails is None else str(found.mails),
        "no_mails": plain(found.no_mails),
    }
    return json.dumps(told)


def _sample(row: RejectedRow, *, reveal: bool) -> dict[str, Any]:
    return {**asdict(row), "reason": plain(row.reason, reveal=reveal)}


def _sending(found: Figures) -> Mapping[str, Any]:
    sending = found.sending
    scheduled = sending.by_schedule
    return {
        "rate": sending.rate,
        "daily": sending.daily,
        "used_in_24_hours": sending.used,
        "halted": plain(sending.halted),
        "by_hand": _as_json(sending.by_hand),
        "unscheduled": plain(sending.unscheduled),
        "by_schedule": None if scheduled is None else _as_json(scheduled),
    }


def _as_json(course: Course) -> Mapping[str, str | None]:
    return {"start": to_text(course.start), "done": None if course.done is None else to_text(course.done)}
