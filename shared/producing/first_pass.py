"""The first pass over a month's rows: looks at everything, writes nothing."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from shared.aws.athena import ResultPage
from shared.aws.ses_account import Senders
from shared.aws.telemetry import Telemetry
from shared.errors import MissingColumnError, RenderError
from shared.outbox.writes import Item
from shared.producing.checks import NEVER_ACCEPTED, Checks, Limits
from shared.producing.pages import Reader
from shared.producing.rejected_rows import RejectedRow, Rejects
from shared.producing.rows import Drafts, check_columns
from shared.producing.run import Run
from shared.producing.run_records import Runs
from shared.rendering.template_variables import Templates


@dataclass(frozen=True)
class Inspection:
    runs: Runs
    drafts: Drafts
    rejects: Rejects
    templates: Templates
    senders: Senders
    limits: Limits
    telemetry: Telemetry

    def inspect(self, run: Run, reader: Reader) -> Run:
        """The run ready to write, or stopped for what nobody has accepted. Lists the rows that can't become messages.
        Raises OutOfTimeError between two pages.
        """
        shown: Item | None = None

        def look(run: Run, page: ResultPage) -> dict[str, Any]:
            nonlocal shown
            check_columns(page.columns)
            checks, item = self._page(run, page)
            shown = shown or item
            return {"checks": asdict(checks), "rejected": checks.rejected}

        try:
            run, facts = reader.each_page(run, look)
        except MissingColumnError as error:  # on the first page
            return self.runs.stop(run, {"columns": str(error)})
        checks = Checks(**run.checks)
        if shown is None and checks.rejected < checks.rows:  # it came before this invocation took over
            now = self.drafts.clock()
            shown = reader.first(run, lambda row: self.drafts.message(row, run.period, now))
        last_month = self.runs.rows_of(run.period.previous)
        findings = {**checks.findings(self.limits, last_month), **self._unready(shown)}
        accepted = set(run.accepted) - NEVER_ACCEPTED
        open_ones = {word: reason for word, reason in findings.items() if word not in accepted}
        if open_ones:
            return self.runs.stop(run, open_ones)
        begin: dict[str, Any] = {"phase": "write", "template": self.drafts.template, "page_token": "", "row": 0}
        self.runs.note(run, **facts, **begin)
        return replace(run, **begin)

    def _page(self, run: Run, page: ResultPage) -> tuple[Checks, Item | None]:
        """The checks with this page's rows, and the first message that one of them becomes."""
        checks, rejected, now = Checks(**run.checks), [], self.drafts.clock()
        shown: Item | None = None
        for number, row in enumerate(page.rows, start=run.row + 1):
            item = self.drafts.message(row, run.period, now)
            counts = checks.look(row, usable=isinstance(item, dict))
            if isinstance(item, dict):
                shown = shown or item
            elif counts:
                rejected.append(RejectedRow.of(number, row.get("user_id"), item))
                column = rejected[-1].column
                checks.blame(column if column in page.columns else f"{column}, which the query does not give")
        if rejected:
            self.rejects.store(run.period, run.attempt, rejected)
            self.telemetry.count("rows_rejected", period=str(run.period), rows=[row.row for row in rejected])
        return checks, shown

    def _unready(self, item: Item | None) -> dict[str, str]:
        """What would keep SES from sending the first mail."""
        found = self.senders.findings()
        if item is not None:
            template, data = self.drafts.template, item["data"]
            try:
                if missing := self.templates.required(template) - data.keys():
                    places = "; ".join(self.templates.places(template, missing))
                    found["template"] = (
                        f"{places}: not among what mail/usage/variables.py gives ({', '.join(sorted(data))})"
                    )
                else:
                    self.senders.render(template, data)
            except RenderError as error:
                found["template"] = str(error)
        return found
