"""What a person sees in the browser: the inbox and one mail. Everything that came with a mail is escaped."""

from datetime import UTC, datetime
from html import escape
from string import Template
from typing import Any

_INDEX = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inbox of the embedded SES</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; color: #1d2733; }
  body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; }
  form { margin: 1rem 0; display: flex; gap: .5rem; }
  input { font: inherit; padding: .3rem .6rem; flex: 1; max-width: 24rem; }
  button { font: inherit; padding: .3rem .9rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; }
  th, td { border-bottom: 1px solid #d9dfe6; overflow-wrap: anywhere; }
  td:first-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
  .undelivered { color: #a3341b; }
</style>
<h1>Inbox of the embedded SES</h1>
<p>$summary</p>
<form><input name="q" value="$q" placeholder="Part of an address" aria-label="Recipient">
<button>Filter</button></form>
<table>
<thead><tr><th scope="col">Accepted (UTC)</th><th scope="col">To</th><th scope="col">Subject</th></tr></thead>
<tbody>
$rows
</tbody>
</table>
</html>
""")

_ROW = Template('<tr><td>$time</td><td>$to$note</td><td><a href="/_onlyonce/mail/$message_id">$subject</a></td></tr>')


def index(mails: list[dict[str, Any]], total: int, q: str) -> str:
    """The newest mails as a table; `q` is the filter that found them, `total` the size of the whole inbox."""
    summary = f"The newest {len(mails)} of {total} mails" + (f" to recipients with “{escape(q)}”." if q else ".")
    return _INDEX.substitute(summary=summary, q=escape(q), rows="\n".join(map(_row, mails)))


def body(mail: dict[str, Any]) -> str:
    """The mail's HTML part as it is, or its text part as a page."""
    html: str = mail.get("BodyHtml") or mail.get("RenderedBodyHtml") or ""
    return html or f'<!doctype html><meta charset="utf-8"><pre>{escape(mail.get("BodyText") or "")}</pre>'


def _row(mail: dict[str, Any]) -> str:
    return _ROW.substitute(
        time=datetime.fromtimestamp(mail["Timestamp"], UTC).strftime("%Y-%m-%d %H:%M:%S"),
        to=escape(", ".join(mail["To"])),
        note=' <span class="undelivered">not delivered</span>' if mail.get("Undelivered") else "",
        message_id=escape(mail["MessageId"]),
        subject=escape(mail.get("Subject") or mail.get("RenderedSubject") or "(no subject)"),
    )
