"""What an embedded AWS holds that is up already, for somebody who would lose it."""

from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from local.month import outbox_view
from local.stack.deployment import Deployment


def described(url: str, since: datetime) -> str:
    """Where it is, since when, and how many messages of which months it holds; a line each."""
    minutes = round((datetime.now(UTC) - since).total_seconds() / 60)
    up = f"an embedded AWS is up here already: {url}, since {since.astimezone():%Y-%m-%d %H:%M} ({_ago(minutes)})"
    return "\n".join([up, *(f"  {line}" for line in _months(Deployment(url)))])


def _ago(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min ago" if hours else f"{rest} min ago"


def _months(deployment: Deployment) -> list[str]:
    try:
        found = outbox_view.months(deployment)
    except (BotoCoreError, ClientError, OSError):
        return ["what it holds can't be read: the product is not deployed on it, or it does not answer"]
    return [
        f"{period}: {sum(statuses.values()):,} messages ({', '.join(f'{n:,} {one}' for one, n in statuses.most_common())})"
        for period, statuses in sorted(found.items())
    ] or ["it holds no message"]
