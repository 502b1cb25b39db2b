"""A month's rows and its mail, looked at: what may go out, what may not, what speaks against it. Writes no message, no record."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shared.errors import NoTemplateError, RenderError
from shared.periods import Period
from shared.producing.checks import Checks, Findings, Limits
from shared.producing.composer import Composer, Draft
from shared.producing.pages import PlacedPage
from shared.producing.rejected_rows import RejectedRow
from shared.producing.run_records import RunRecords
from shared.rendering.handlebars import places
from shared.rendering.mail_kind import MailTemplate
from shared.rendering.unsubscribing import Unsubscribing, variables


class Account(Protocol):
    """The SES account, asked before the first message of a month. Raises SendUnavailableError."""

    def findings(self, sender: str) -> Findings:
        """What speaks against sending from this address."""

    def make(self, template: MailTemplate) -> None:
        """Makes the template, if SES lacks it. Raises NoTemplateError with SES's reason."""

    def render(self, template: str, data: Mapping[str, str]) -> None:
        """Renders the mail without sending it. Raises RenderError with SES's reason."""


@dataclass
class Seen:
    """What the rows of a page become."""

    drafts: list[Draft] = field(default_factory=list)
    """Of each user's first row."""
    rejected: list[RejectedRow] = field(default_factory=list)


@dataclass(frozen=True)
class Inspection:
    """The same for the run and for a look before it (ADR 37)."""

    runs: RunRecords
    """What the month before was like."""
    composer: Composer
    required: Callable[[MailTemplate], Collection[str]]
    """The variables without which SES can't render a template."""
    account: Account
    limits: Limits
    unsubscribing: Unsubscribing

    def look(self, page: PlacedPage, period: Period, checks: Checks, unsubscribed: Collection[str]) -> Seen:
        """Counts the page's rows in. Raises MissingColumnError."""
        self.composer.kind.check_columns(page.columns)
        seen = Seen()
        for number, row in page.numbered():
            if row.get("user_id") in unsubscribed:
                checks.look(row, usable=False, unsubscribed=True)
                continue
            draft = self.composer.draft(row, period)
            counts = checks.look(row, usable=isinstance(draft, Draft))
            if isinstance(draft, Draft):
                seen.drafts += [draft] if counts else []
            elif counts:
                rejected = RejectedRow.of(number, row.get("user_id"), draft)
                seen.rejected.append(rejected)
                column = rejected.column
                checks.blame(column if column in page.columns else f"{column}, which the query does not give")
        return seen

    def findings(self, period: Period, checks: Checks, sample: Draft | None) -> Findings:
        """What speaks against the month. `sample`: of its first message. SES has its template then, unless it refuses it."""
        last_month = self.runs.rows_of(period.previous)
        skipped = self.runs.unsubscribed_of(period.previous)
        return {
            **checks.findings(self.limits, last_month, self.composer.kind.files.query, skipped),
            **self.account.findings(self.composer.sender),
            **self._template_findings(sample),
        }

    def _template_findings(self, sample: Draft | None) -> Findings:
        """What would keep SES from rendering the first mail."""
        if sample is None:
            return {}
        template, files = self.composer.template, self.composer.kind.files
        given = ", ".join(sorted(sample.data))
        data = {**sample.data, **variables(self.unsubscribing.link(sample.key.user_id))}
        try:
            self.account.make(template)
            if missing := self.required(template) - data.keys():
                named = "; ".join(places(list(files.templates.values()), template.parts, missing))
                return {"template": f"{named}: not among what {files.mapping} gives ({given})"}
            self.account.render(template.name, data)
        except NoTemplateError as error:
            return {"no_template": f"{files.folder}: {error}"}
        except RenderError as error:
            return {"template": str(error)}
        return {}
