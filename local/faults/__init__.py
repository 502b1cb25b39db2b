"""Faults for the stack that is up, by order: `python -m local faults --help`."""

import argparse

from local.faults.summary import in_words
from local.stack import engine_pages


def run(given: argparse.Namespace, url: str) -> list[str]:
    """Carry the order out; what is ordered then, in words. Raises OSError, BotoCoreError, ClientError."""
    given.order(given, url)
    return in_words(engine_pages.ses(url), engine_pages.storm(url), engine_pages.ordered(url))
