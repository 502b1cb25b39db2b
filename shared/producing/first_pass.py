"""The first pass over a month's rows: looks at everything, writes nothing."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from shared.errors import MissingColumnError, RenderError
from shared.producing.checks import NEVER_ACCEPTED, Checks, Limits
from shared.producing.pages import Reader, ResultPage
from shared.producing.rejected_rows import RejectedRow, Rejects
from shared.producing.rows import Drafts
from shared.producing.run import Run
from shared.producing.run_records import RunRecords
from shared.rendering.template_variables import TemplateVariables
from shared.store import Item
from shared.telemetry import Telemetry


class Account(Protocol):
    """The SES account, asked before the first message of a month. Raises SendUnavailableError."""

    def findings(self, sender: str) -> dict[str, str]:
        """What speaks against sending from this address: a word to accept it by, and the reason."""

    def render(self, template: str, data: Mapping[str, str]) -> None:
        """Renders the mail without sending it. Raises RenderError with SES's reason."""


@dataclass(frozen=True)
class Inspection:
    runs: RunRecords
    drafts: Drafts
    rejects: Rejects
    templates: TemplateVariables
    account: Account
    limits: Limits
    telemetry: Telemetry

    def inspect(self, run: Run, reader: Reader) -> Run:
        """The run ready to write, or stopped for what nobody has accepted. Lists the rows that can't become messages.
        Raises OutOfTimeError between two pages.
        """
        shown: Item | None = None

        def look(run: Run, page: ResultPage) -> dict[str, Any]:
            nonlocal shown
            self.drafts.kind.check_columns(page.columns)
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
        findings = {**checks.findings(self.limits, last_month, self.drafts.kind.files.query), **self._unready(shown)}
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
        found = self.account.findings(self.drafts.sender)
        if item is not None:
            template, data, files = self.drafts.template, item["data"], self.drafts.kind.files
            try:
                if missing := self.templates.required(template) - data.keys():
                    places = "; ".join(self.templates.places(template, list(files.templates.values()), missing))
                    found["template"] = f"{places}: not among what {files.mapping} gives ({', '.join(sorted(data))})"
                else:
                    self.account.render(template, data)
            except RenderError as error:
                found["template"] = str(error)
        return found
