"""The second pass over a month's rows: puts a message into the outbox for each user who has none."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.outbox.outbox import Outbox
from shared.pacing.campaign import Campaign
from shared.pacing.plan import HORIZON, NEAR
from shared.producing.checks import comparable
from shared.producing.composer import Composer, Draft
from shared.producing.pages import Pages, PlacedPage
from shared.producing.run import Run, Written
from shared.producing.run_records import RunRecords
from shared.store import Item

DueAt = Callable[[int], datetime]
"""From a message's number in the pass to when it should be claimed at the latest."""


@dataclass(frozen=True)
class SecondPass:
    """Writes a month's messages, page by page."""

    outbox: Outbox
    runs: RunRecords
    campaign: Campaign
    composer: Composer
    stranded_after: timedelta
    """A message that is still PENDING so long after its mail was expected is stranded."""

    def write(self, run: Run, pages: Pages, unsubscribed: Collection[str]) -> Run:
        """The run, completed. Each page's messages are in the outbox before the page is noted, so a page that is written
        again finds them there. Raises OutOfTimeError between two pages, RunTakenOverError.
        """
        if run.first_ticket < 0:
            run = self.runs.note_first_ticket(run, self.campaign.state().issued - run.written.fresh)
        due_at, written = self._due_from(run), run.written
        for page in pages.rest(run):
            written = self._write_page(page, run, written, due_at, unsubscribed)
            if page.next is not None:  # the last page is noted with the end
                self.runs.note(run, written, page.next)
        return self.runs.complete(run, written)

    def _due_from(self, run: Run) -> DueAt:
        """Messages are claimed in their order, from the ticket on that was next when the pass began. One whose slot can't be
        planned yet is left by claim, and due when it is near.
        """
        sent_at = self.campaign.forecast(run.first_ticket)
        planned_until = self.composer.clock() + HORIZON

        def due_at(number: int) -> datetime:
            at = sent_at(number)
            return at + self.stranded_after if at < planned_until else at - NEAR

        return due_at

    def _write_page(
        self, page: PlacedPage, run: Run, written: Written, due_at: DueAt, unsubscribed: Collection[str]
    ) -> Written:
        """Puts the page's messages into the outbox; returns what is written with them."""
        items: list[Item] = []
        last_user, skipped = written.last_user, 0
        for row in page.rows:
            if row.get("user_id") in unsubscribed:
                skipped += row["user_id"] != last_user
            else:
                draft = self.composer.draft(row, run.period)
                if (
                    isinstance(draft, Draft) and draft.key.user_id != last_user
                ):  # of who comes twice the first row counts
                    items.append(self.composer.message(draft, due_at(written.fresh + len(items))))
            last_user = comparable(row) or last_user
        there = self.outbox.produce(items)
        found = self.outbox.compare(there)
        return Written(
            last_user=last_user,
            produced=written.produced + len(items) - found.adopted,
            fresh=written.fresh + len(items) - len(there),
            differing=written.differing + found.differing,
            unsubscribed=written.unsubscribed + skipped,
        )
