"""The page that asks, and the page that shows what came of it."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ops.console.acts.act import Answer
from ops.console.acts.named import Given, act_of
from ops.console.asked import asked
from ops.console.desk import Desk
from ops.console.forms import read_form
from ops.console.jobs import Job
from ops.errors import RefusedError


def routes(desk: Desk) -> list[Route]:
    """None where nothing may be decided."""
    if desk.read_only:
        return []
    _ = desk.jobs  # one for all threads

    def ask(request: Request) -> Response:
        return _asked(desk, request.path_params["name"], request.query_params)

    async def decide(request: Request) -> Response:
        form = await read_form(request, desk)
        if isinstance(form, Response):
            return form
        return await run_in_threadpool(asked(_decided), desk, request.path_params["name"], request.query_params, form)

    def said(request: Request) -> Response:
        return desk.page("said.html", job=_job(desk, request))

    def said_live(request: Request) -> Response:
        return desk.page("said_live.html", job=_job(desk, request))

    return [
        Route("/act/{name}", asked(ask), methods=["GET"]),
        Route("/act/{name}", decide, methods=["POST"]),
        Route("/said/{number:int}", said),
        Route("/said/{number:int}/live", said_live),
    ]


def _asked(desk: Desk, name: str, given: Given, wrong: str = "", form: Mapping[str, str] = {}) -> Response:
    question = act_of(name, given).question(desk.session)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    values = {"question": question, "once": secrets.token_urlsafe(16), "wrong": wrong, "form": form}
    return desk.page("act.html", status, who=desk.who(), **values)


def _decided(desk: Desk, name: str, given: Given, form: Mapping[str, str]) -> Response:
    once = repr(sorted(form.items())) if form.get("once") else ""
    if (begun := desk.jobs.of_form(once)) is not None:
        return _said(begun)
    act = act_of(name, given)
    question = act.question(desk.session)
    if form.get("seen") != question.seen:
        return _asked(
            desk, name, given, "It has changed since this page was shown: look again. Nothing was done.", form
        )
    answer = Answer(desk.who(), form.get("reason", "").strip(), "accept" in form, form.get("to", "").strip())
    if question.wants_reason and not answer.reason:
        return _asked(desk, name, given, "Say why: it is kept in the record. Nothing was done.", form)
    if question.wants_address and not answer.to:
        return _asked(desk, name, given, "Say to whom. Nothing was done.", form)
    if question.risk and not answer.accepted:
        return _asked(desk, name, given, "The risk was not accepted. Nothing was done.", form)
    typed = form.get("typed", "").strip()
    if question.wanted and typed != question.wanted:
        return _asked(desk, name, given, f"Type {question.wanted} to go on. Nothing was done.", form)
    job = desk.jobs.start(question.title, question.back, typed, lambda session: act.carry_out(session, answer), once)
    desk.watch.forget()
    return _said(job)


def _said(job: Job) -> Response:
    return RedirectResponse(f"/said/{job.number}", HTTPStatus.SEE_OTHER)


def _job(desk: Desk, request: Request) -> Job:
    job = desk.jobs.get(request.path_params["number"])
    if job is None:
        raise RefusedError("what was decided then is not kept any more: the record has it, on the message's page")
    return job
