"""The first pass over a month's rows: looks at every row and writes no message."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from shared.errors import MissingColumnError, NoTemplateError, RenderError
from shared.producing.checks import NEVER_ACCEPTED, Checks, Findings, Limits
from shared.producing.composer import Composer
from shared.producing.pages import Pages, PlacedPage
from shared.producing.rejected_rows import RejectedRow, Rejects
from shared.producing.run import Run
from shared.producing.run_records import RunRecords
from shared.rendering.handlebars import places
from shared.rendering.mail_kind import MailTemplate
from shared.rendering.template_variables import TemplateVariables
from shared.rendering.unsubscribing import Unsubscribing, variables
from shared.store import Item
from shared.telemetry import Telemetry


class Account(Protocol):
    """The SES account, asked before the first message of a month. Raises SendUnavailableError."""

    def findings(self, sender: str) -> Findings:
        """What speaks against sending from this address."""

    def make(self, template: MailTemplate) -> None:
        """Makes the template, if SES lacks it. Raises NoTemplateError with SES's reason."""

    def render(self, template: str, data: Mapping[str, str]) -> None:
        """Renders the mail without sending it. Raises RenderError with SES's reason."""


@dataclass(frozen=True)
class FirstPass:
    """Checks a month before its first message: every row, and whether SES will take the mail."""

    runs: RunRecords
    composer: Composer
    rejects: Rejects
    template_variables: TemplateVariables
    account: Account
    limits: Limits
    unsubscribing: Unsubscribing
    telemetry: Telemetry

    def check(self, run: Run, pages: Pages, unsubscribed: Collection[str]) -> Run:
        """The run, ready for the second pass, or stopped for what nobody has accepted. Lists the rows that can't become
        messages. Raises OutOfTimeError between two pages, RunTakenOverError.
        """
        checks, sample = run.checks.copy(), None
        try:
            for page in pages.rest(run):
                self.composer.kind.check_columns(page.columns)
                message = self._count(page, run, checks, unsubscribed)
                sample = sample or message
                if page.next is not None:  # the last page is noted with what follows
                    self.runs.note(run, checks, page.next)
        except MissingColumnError as error:  # on the first page
            return self.runs.stop(run, {"columns": str(error)})
        run = replace(run, checks=checks, rejected=checks.rejected)
        if sample is None and checks.usable:  # an earlier invocation has seen it
            sample = self._first_message(run, pages, unsubscribed)
        findings = self._findings(run, sample)
        if findings:
            return self.runs.stop(run, findings)
        return self.runs.begin_second_pass(run, self.composer.template.name)

    def _count(self, page: PlacedPage, run: Run, checks: Checks, unsubscribed: Collection[str]) -> Item | None:
        """Counts the page's rows in and lists those that are rejected; the first message that a row becomes."""
        rejected, now = [], self.composer.clock()
        first: Item | None = None
        for number, row in page.numbered():
            if row.get("user_id") in unsubscribed:
                checks.look(row, usable=False, unsubscribed=True)
                continue
            item = self.composer.message(row, run.period, now)
            counts = checks.look(row, usable=isinstance(item, dict))
            if isinstance(item, dict):
                first = first or item
            elif counts:
                rejected.append(RejectedRow.of(number, row.get("user_id"), item))
                column = rejected[-1].column
                checks.blame(column if column in page.columns else f"{column}, which the query does not give")
        if rejected:
            self.rejects.store(run.period, run.attempt, rejected)
            self.telemetry.count("rows_rejected", period=str(run.period), rows=[row.row for row in rejected])
        return first

    def _first_message(self, run: Run, pages: Pages, unsubscribed: Collection[str]) -> Item | None:
        """The message of the first row of all that can become one."""
        now = self.composer.clock()
        for page in pages.all(run):
            for row in page.rows:
                item = self.composer.message(row, run.period, now)
                if isinstance(item, dict) and item["user_id"] not in unsubscribed:
                    return item
            if page.next is not None:
                self.runs.renew(run)
        return None

    def _findings(self, run: Run, sample: Item | None) -> Findings:
        """What speaks against the second pass, and nobody has accepted."""
        last_month = self.runs.rows_of(run.period.previous)
        skipped = self.runs.unsubscribed_of(run.period.previous)
        found = {
            **run.checks.findings(self.limits, last_month, self.composer.kind.files.query, skipped),
            **self.account.findings(self.composer.sender),
            **self._template_findings(sample),
        }
        accepted = set(run.accepted) - NEVER_ACCEPTED
        return {word: reason for word, reason in found.items() if word not in accepted}

    def _template_findings(self, sample: Item | None) -> Findings:
        """What would keep SES from rendering the first mail. SES has its template afterwards, unless it refuses it."""
        if sample is None:
            return {}
        template, files = self.composer.template, self.composer.kind.files
        given = ", ".join(sorted(sample["data"]))
        data = {**sample["data"], **variables(self.unsubscribing.link(sample["user_id"]))}
        try:
            self.account.make(template)
            if missing := self.template_variables.of(template) - data.keys():
                named = "; ".join(places(list(files.templates.values()), template.parts, missing))
                return {"template": f"{named}: not among what {files.mapping} gives ({given})"}
            self.account.render(template.name, data)
        except NoTemplateError as error:
            return {"no_template": f"{files.folder}: {error}"}
        except RenderError as error:
            return {"template": str(error)}
        return {}
