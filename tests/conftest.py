"""For every run of the tests: no time limits, a Ctrl-C that arrives, and what it tells in the end."""

import signal
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # a machine that is busy with other things is no failure
settings.load_profile("untimed")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as where a script starts them in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line on each kind of crash cases that were tried. Their figures come with the reports, from whatever process ran
    them.
    """
    figures: dict[str, list[Any]] = defaultdict(list)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, value in report.user_properties:
                    figures[name].append(value)
    if figures["crash_cases"]:
        cases, duplicates, lost = (sum(figures[f"crash_{what}"]) for what in ("cases", "duplicates", "lost"))
        _, worst = max(figures["crash_worst"])
        line = f"crash at every call: {cases:,} cases, {duplicates} duplicates, {lost} lost; worst outcome: {worst}"
        terminalreporter.write_line(line)
    for kills in figures["producer_kills"]:
        terminalreporter.write_line(f"a month's producer killed at every call: {kills:,} cases, each user one message")
