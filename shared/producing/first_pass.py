"""The first pass over a month's rows: looks at every row and writes no message."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from shared.errors import MissingColumnError
from shared.producing.checks import NEVER_ACCEPTED, Checks, Findings
from shared.producing.composer import Draft
from shared.producing.inspection import Inspection
from shared.producing.pages import Pages, PlacedPage
from shared.producing.rejected_rows import Rejects
from shared.producing.run import Run
from shared.producing.run_records import RunRecords
from shared.telemetry import Telemetry


@dataclass(frozen=True)
class FirstPass:
    """Checks a month before its first message: every row, and whether SES will take the mail."""

    runs: RunRecords
    inspection: Inspection
    rejects: Rejects
    telemetry: Telemetry

    def check(self, run: Run, pages: Pages, unsubscribed: Collection[str]) -> Run:
        """The run, ready for the second pass, or stopped for what nobody has accepted. Lists the rows that can't become
        messages. Raises OutOfTimeError between two pages, RunTakenOverError.
        """
        checks, sample = run.checks.copy(), None
        try:
            for page in pages.rest(run):
                draft = self._count(page, run, checks, unsubscribed)
                sample = sample or draft
                if page.next is not None:  # the last page is noted with what follows
                    self.runs.note(run, checks, page.next)
        except MissingColumnError as error:  # on the first page
            return self.runs.stop(run, {"columns": str(error)})
        run = replace(run, checks=checks, rejected=checks.rejected)
        if sample is None and checks.usable:  # an earlier invocation has seen it
            sample = self._first_draft(run, pages, unsubscribed)
        findings = self._findings(run, sample)
        if findings:
            return self.runs.stop(run, findings)
        return self.runs.begin_second_pass(run, self.inspection.composer.template.name)

    def _count(self, page: PlacedPage, run: Run, checks: Checks, unsubscribed: Collection[str]) -> Draft | None:
        """Counts the page's rows in and lists those that are rejected; what the first message says."""
        seen = self.inspection.look(page, run.period, checks, unsubscribed)
        if seen.rejected:
            self.rejects.store(run.period, run.attempt, seen.rejected)
            rows = [row.row for row in seen.rejected]
            self.telemetry.count("rows_rejected", period=str(run.period), rows=rows)
        return next(iter(seen.drafts), None)

    def _first_draft(self, run: Run, pages: Pages, unsubscribed: Collection[str]) -> Draft | None:
        """Of the first row of all that can become a message."""
        for page in pages.all(run):
            for row in page.rows:
                draft = self.inspection.composer.draft(row, run.period)
                if isinstance(draft, Draft) and draft.key.user_id not in unsubscribed:
                    return draft
            if page.next is not None:
                self.runs.renew(run)
        return None

    def _findings(self, run: Run, sample: Draft | None) -> Findings:
        """What speaks against the second pass, and nobody has accepted."""
        found = self.inspection.findings(run.period, run.checks, sample)
        accepted = set(run.accepted) - NEVER_ACCEPTED
        return {word: reason for word, reason in found.items() if word not in accepted}
