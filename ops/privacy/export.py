"""export: everything that the stack knows of one user, as JSON. It changes nothing."""

import json
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import track

from ops.errors import RefusedError, UnreadableError
from ops.privacy.bucket import REJECTED, RESULTS, Bucket, rejected_of
from ops.session import Session


def export(session: Session, user_id: str) -> int:
    """Raises RefusedError."""
    try:
        known = _known(session, user_id)
    except UnreadableError as error:
        raise RefusedError(str(error)) from error
    print(json.dumps(known, indent=2, ensure_ascii=False), file=session.console.file)
    return 0


def _known(session: Session, user_id: str) -> dict[str, Any]:
    messages = session.messages.partition("user_id", user_id)
    results = list(_results(session, user_id))
    addresses = {one.get("email") for one in (*messages, *(found["row"] for found in results))}
    return {
        "user_id": user_id,
        "messages": messages,
        "rejected_rows": list(_rejected(session.bucket(), user_id)),
        "query_results": results,
        "unsubscribed": session.unsubscribed().get(user_id),
        "suppressed": [
            entry for address in sorted(filter(None, addresses)) if (entry := _suppressed(session, address))
        ],
    }


def _rejected(bucket: Bucket, user_id: str) -> Iterator[dict[str, Any]]:
    for key in bucket.keys(REJECTED):
        own, _ = rejected_of(user_id, bucket.text(key))
        yield from ({"file": key, "row": row} for row in own)


def _results(session: Session, user_id: str) -> Iterator[dict[str, Any]]:
    """Their rows in the results that are still there. Each result is read to its end: nobody says in which order it is."""
    bucket, progress = session.bucket(), Console(stderr=True)
    keys = [key for key in bucket.keys(RESULTS) if key.endswith(".csv")]
    for key in track(keys, "query results", console=progress, transient=True, disable=not progress.is_terminal):
        own = (dict(row) for row in bucket.rows(key) if row.get("user_id") == user_id)
        yield from ({"file": key, "row": row} for row in own)


def _suppressed(session: Session, address: str) -> dict[str, Any] | None:
    """SES's entry for the address, if it keeps mails from it."""
    try:
        found = session.read("sesv2", "get_suppressed_destination", EmailAddress=address)
    except UnreadableError as error:
        if error.code == "NotFoundException":
            return None
        raise
    return dict(found["SuppressedDestination"])
