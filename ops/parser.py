"""The command line's grammar, its help and its examples."""

import argparse
from typing import TypeAlias

from ops.decision import VERBS, typed
from shared.errors import InvalidPeriodError
from shared.outbox.states import HELD, Status
from shared.outbox.transitions import RESEND, Transition
from shared.periods import Period

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
LISTED = 50
"""How many held messages a person is shown without asking for more."""
_RUN = "python -m ops --stage prod"
_ABOUT = f"""\
What an alarm calls an operator for. docs/runbook.md says which command answers which alarm.

  {_RUN} status
  {_RUN} held --period 2026-10
  {_RUN} show ann 2026-10
  {_RUN} redrive ann 2026-10 --reason "the template is mended"
  {_RUN} redrive --all --period 2026-10 --error "verified" --reason "verified now"
  {_RUN} pause --reason "wrong text"
  {_RUN} produce 2026-10
  {_RUN} halt 2026-10 --reason "wrong figures"

Region and credentials are found as the AWS CLI finds them (AWS_PROFILE, AWS_DEFAULT_REGION).
On the embedded AWS, after `make up`: `. .local/env`, and --stage local.
Exit status: 0 done; 1 refused, or not everything was done; 2 the command can't be understood."""
_WHO = "who decides; default: your AWS identity, else your account's name here"


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command, checked. Ends the process with status 2 if it can't be understood."""
    parser = argparse.ArgumentParser(
        prog="python -m ops", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stage", required=True, help="of the deployment: the stack is onlyonce-STAGE")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_looks(commands)
    for transition in VERBS.values():
        _add_verb(commands, transition)
    _add_switches(commands)
    given = parser.parse_args(arguments)
    if hasattr(given, "reason") and not given.reason.strip():
        given.refuse("--reason is empty")
    if given.command in map(typed, VERBS.values()):
        _check_aim(given)
    return given


def _add_looks(commands: Commands) -> None:
    status = _add(commands, "status", "how the campaign stands", "", "--period 2026-10")
    status.add_argument("--period", type=_period, help="count this period's messages (reads the whole index)")
    held = _add(commands, "held", "the messages that wait for a decision", "", "--status FAILED --json >failed.jsonl")
    _add_selection(held, HELD, f"; default: {LISTED}, or all with --json")
    held.add_argument("--json", action="store_true", help="a line of JSON for each, as --from reads them; all of them")
    show = _add(commands, "show", "one message's story", "ann 2026-10", "ann 2026-10 --reveal")
    show.add_argument("user", metavar="USER")
    show.add_argument("month", metavar="PERIOD", type=_period)
    show.add_argument("--reveal", action="store_true", help="show the whole address")


def _add_verb(commands: Commands, transition: Transition) -> None:
    risk = " --accept-risk" if transition is RESEND else ""
    verb = _add(commands, typed(transition), f"{transition.summary} ({_taken(transition)})",
                f'ann 2026-10 --reason "…"{risk}', f'--all --period 2026-10 --reason "…"{risk}',
                f'--from some.jsonl --reason "…"{risk}')  # fmt: skip
    verb.add_argument("user", metavar="USER", nargs="?", help="whose message; or --all, or --from")
    verb.add_argument("month", metavar="PERIOD", nargs="?", type=_period)
    verb.add_argument("--all", action="store_true", help="all messages that the following options select")
    _add_selection(verb, transition.sources)
    verb.add_argument(
        "--from", dest="file", metavar="FILE", help="lines as `held --json` writes them; - is standard input"
    )
    verb.add_argument("--reason", required=True, help="why; kept in the message")
    verb.add_argument("--by", help=_WHO)
    verb.add_argument("--yes", action="store_true", help="don't ask whether the number of messages is right")
    if transition is RESEND:
        verb.add_argument("--accept-risk", action="store_true", help="that somebody gets a second mail")
    verb.set_defaults(transition=transition)


def _taken(transition: Transition) -> str:
    return ", ".join(status for status in Status if status in transition.sources)


def _add_switches(commands: Commands) -> None:
    pause = _add(commands, "pause", "stop sending, at once, until `resume`; nothing is lost", '--reason "wrong text"')
    pause.add_argument("--reason", required=True, help="why; `status` shows it")
    pause.add_argument("--by", help=_WHO)
    _add(commands, "resume", "go on after a pause, whoever paused", "")
    does = "produce a month by hand; it is safe to repeat"
    produce = _add(
        commands, "produce", does, "2026-10", "2026-10 --accept fewer", "2026-10 --recheck", "2026-10 --again"
    )
    produce.add_argument("month", metavar="PERIOD", type=_period)
    produce.add_argument(
        "--accept", action="append", default=[], metavar="WORD", help="go on with a stopped run; as `status` names it"
    )
    produce.add_argument("--recheck", action="store_true", help="look once more at what a run has stopped for")
    produce.add_argument("--again", action="store_true", help="ask Athena anew, also for a completed period")
    produce.add_argument("--by", help=_WHO)
    produce.add_argument("--yes", action="store_true", help="don't ask whether the period is right")
    for name, does in (
        ("halt", "stop producing a month, at once; what is produced stays"),
        ("close", "end a stopped month as it is: what was produced is all"),
    ):
        switch = _add(commands, name, does, '2026-10 --reason "wrong figures"')
        switch.add_argument("month", metavar="PERIOD", type=_period)
        switch.add_argument("--reason", required=True, help="why; kept in the run's record")
        switch.add_argument("--by", help=_WHO)
    does = "put back what the outbox has lost, out of a table restored from a point in time (docs/runbook.md)"
    readmit = _add(commands, "readmit", does, "onlyonce-prod-restored --period 2026-10")
    readmit.add_argument("table", metavar="TABLE", help="the restored one")
    readmit.add_argument("--period", type=_period, help="only this month's messages")
    readmit.add_argument("--yes", action="store_true", help="don't ask whether the table is right")


def _add(commands: Commands, name: str, does: str, *examples: str) -> argparse.ArgumentParser:
    lines = "\n".join(f"  {_RUN} {name} {example}".rstrip() for example in examples)
    about, shape = f"{does[0].upper()}{does[1:]}.", argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser(
        name, help=does, description=about, epilog=f"examples:\n{lines}", formatter_class=shape
    )
    parser.set_defaults(refuse=parser.error)
    return parser


def _add_selection(parser: argparse.ArgumentParser, statuses: frozenset[Status], usually: str = "") -> None:
    parser.add_argument("--status", choices=sorted(status.value for status in statuses), help="only these")
    parser.add_argument("--period", type=_period, help="only of this month, written YYYY-MM")
    parser.add_argument("--error", default="", metavar="TEXT", help="only where the reason holds this text")
    parser.add_argument("--limit", type=_number, metavar="N", help=f"at most so many{usually}")
    parser.set_defaults(statuses=statuses)


def _check_aim(given: argparse.Namespace) -> None:
    """One message, a selection, or a list: exactly one of them, and nothing that would be passed over."""
    one, selects = given.user is not None, any((given.status, given.period, given.error, given.limit))
    if one + given.all + (given.file is not None) != 1 or (one and given.month is None):
        given.refuse("name one message (USER PERIOD), or --all, or --from FILE")
    if given.all and given.period is None:
        given.refuse("--all needs --period: a decision is about one month's messages")
    if selects and not given.all:
        given.refuse("--status, --period, --error and --limit go with --all")
    if given.file == "-" and not given.yes:
        given.refuse("--from - needs --yes: standard input can't also answer the question")


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except InvalidPeriodError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1")
    return int(text)
