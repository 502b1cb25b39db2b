"""The console's templates."""

from pathlib import Path
from typing import Any

from ops.console.addresses import group_address, query_of
from ops.formatting import plain
from ops.pages.environment import environment
from shared.outbox.transitions import PRODUCE, TRANSITIONS

_LEADS_TO = {one.name: one.to for one in (PRODUCE, *TRANSITIONS)}
_ENVIRONMENT = environment(Path(__file__).parent / "templates")
_ENVIRONMENT.filters |= {"group_address": group_address, "group_query": query_of}
_ENVIRONMENT.filters["reached"] = lambda event: str(_LEADS_TO.get(event) or "")
_ENVIRONMENT.filters["plain_lines"] = lambda text: "\n".join(map(plain, text.split("\n")))


def rendered(template: str, **values: Any) -> str:
    return _ENVIRONMENT.get_template(template).render(**values)
