"""What `make demo` is asked for: nothing is ignored without a word."""

import pytest

from local.demo.options import Options, read_options
from local.stack.stack import StackRefusedError
from local.usage.choice import UsageChoiceError

AS_MAKE_GIVES_THEM = [
    "--users",
    "",
    "--crash-at",
    "",
    "--usage",
    "",
    "--period",
    "",
    "--port",
    "",
    "--fresh",
    "",
    "--open",
    "",
]


def test_what_is_not_given_has_a_default() -> None:
    assert read_options("", AS_MAKE_GIVES_THEM) == Options() == read_options("", [])
    assert (Options().users, Options().crash_at, Options().anew) == (100, 55, "make demo FRESH=1")


def test_everything_can_be_given_and_is_said_again() -> None:
    given = ["--users", "7", "--crash-at", "0", "--period", "2026-10", "--port", "4810", "--fresh", "1", "--open", "0"]
    options = read_options("", given)
    assert options == Options(7, 0, "", "2026-10", 4810, fresh=True, opens=False)
    assert options.anew == "make demo FRESH=1 USERS=7 CRASH_AT=0 PERIOD=2026-10 PORT=4810 OPEN=0"


def test_a_file_is_said_again_as_a_shell_takes_it() -> None:
    assert read_options("", ["--usage", "my data.csv"]).anew == "make demo FRESH=1 USAGE='my data.csv'"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--users", "100", "--usage", "my.csv"], "USERS=100 is for invented usage data, and USAGE=my.csv brings its own"),
        (["--users", "0"], "USERS=0: a number of users, at least 1"),
        (["--users", "many"], "USERS=many: a number of users, at least 1"),
        (["--crash-at", "-1"], "CRASH_AT=-1: a number of messages, 0 for no kill"),
        (["--fresh", "yes"], "FRESH=yes: 1 begins with an empty stack"),
        (["--open", "no"], "OPEN=no: 1 opens the console in the browser, 0 does not"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_its_name(given: list[str], says: str) -> None:
    with pytest.raises(UsageChoiceError, match=says):
        read_options("", given)


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(StackRefusedError, match="PORT=99999 is no port"):
        read_options("", ["--port", "99999"])
