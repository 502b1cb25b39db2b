"""Forms: only those of this start's pages count."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from ops.console.desk import Desk
from ops.console.gate import stop


async def read_form(request: Request, desk: Desk) -> Mapping[str, str] | Response:
    """What was filled in, or the answer for a form of elsewhere."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    if not secrets.compare_digest(form.get("form_token", "").encode(), desk.given.form_token.encode()):
        return stop(HTTPStatus.FORBIDDEN, "This form is of another start. Nothing was done.", "Load the page again.")
    return form
