"""The designs by name."""

import importlib
from collections.abc import Mapping
from functools import cache

from bench.contestants import ORDER
from bench.shootout.contestant import Contestant


@cache
def load() -> Mapping[str, Contestant]:
    """In the order of the tables."""
    return {name: importlib.import_module(f"bench.contestants.{name}").CONTESTANT for name in ORDER}
