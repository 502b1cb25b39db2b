"""doctor: the template, and whether the last message renders."""

import json
from typing import Any

from ops.doctor.finding import Mark
from ops.errors import UnreadableError
from shared.outbox.states import Status
from simulation.world import World
from tests.unit.ops.doctor.answers import DENIED, NOTHING, TEMPLATE, Answers, function
from tests.unit.ops.doctor.examining import CODE, only
from tests.unit.ops.office import Office, put

RENDERING = ("sesv2", "test_render_email_template")


def test_before_the_first_run_there_is_no_template(office: Office, aws: Answers) -> None:
    aws.answer("sesv2", "get_email_template", NOTHING)
    assert office.type("doctor") == 0
    assert f"✓ SES has no template {TEMPLATE} yet: the first run makes it" in office.shown


def test_a_template_that_messages_need_is_missing(office: Office, world: World, aws: Answers) -> None:
    put(world, "ann", Status.SENT, template=TEMPLATE)
    aws.answer("sesv2", "get_email_template", NOTHING)
    assert only(office, Mark.WRONG)["says"] == f"SES has no template {TEMPLATE}, and mails are made of it"


def test_a_kind_of_mail_that_this_checkout_does_not_have(office: Office, aws: Answers) -> None:
    aws.answer(*CODE, function(Environment={"Variables": {"MAIL_KIND": "welcome"}}))
    office.type("doctor")
    assert "mailKind is 'welcome', and mail/ has no such folder" in office.shown


def test_the_last_message_is_rendered(office: Office, world: World, aws: Answers) -> None:
    given: list[str] = []

    def answer(TemplateName: str, TemplateData: str) -> dict[str, Any]:  # as the API has it
        given.append(TemplateData)
        return {"RenderedTemplate": TemplateName}

    aws.answer(*RENDERING, answer)
    for user, template, month, day in (
        ("old", TEMPLATE, "old", "2026-09-01"),
        ("new", TEMPLATE, "<new>", "2026-10-01"),
        ("other", "another", "x", "2026-10-02"),
        ("edited", TEMPLATE, 3, "2026-10-02"),
    ):
        produced = {f"{day}T00:00:00.000Z": "produce"}
        put(world, user, Status.SENT, template=template, data={"month": month}, history=produced)
    office.type("doctor")
    assert [(data["month"], data["html"]["month"]) for data in map(json.loads, given)] == [("<new>", "&lt;new&gt;")]
    assert "SES renders the template" in office.shown


def test_messages_that_have_dropped_their_data_are_stood_in_for(office: Office, world: World, aws: Answers) -> None:
    given: list[str] = []

    def answer(TemplateName: str, TemplateData: str) -> dict[str, Any]:  # as the API has it
        given.append(TemplateData)
        return {"RenderedTemplate": TemplateName}

    aws.answer(*RENDERING, answer)
    put(world, "ann", Status.DELIVERED, template=TEMPLATE, data=None, email=None)
    office.type("doctor")
    assert json.loads(given[0])["html"]["total_time"] == "–"
    assert "SES renders the template with a dash for each variable" in office.shown


def test_a_message_that_does_not_render(office: Office, world: World, aws: Answers) -> None:
    put(world, "ann", Status.SENT, template=TEMPLATE)
    aws.answer(*RENDERING, UnreadableError("Attribute 'period' is not present", "BadRequestException"))
    assert "can't render the last message: Attribute 'period'" in only(office, Mark.WRONG)["says"]


def test_no_address_is_shown(office: Office, world: World, aws: Answers) -> None:
    put(world, "ann", Status.FAILED, template=TEMPLATE)
    aws.answer(*RENDERING, DENIED)
    office.type("doctor")
    assert "ann@" not in office.shown
