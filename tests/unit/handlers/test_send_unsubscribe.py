"""send: the mail's link is made when SES is asked."""

from typing import Any

import pytest

from shared.errors import SendUnavailableError
from shared.outbox.states import Status
from shared.rendering.unsubscribing import user_of
from simulation.stack import SIGNING_KEY, STACK
from simulation.world import World
from tests.unit.handlers.actors import KEY, order, put, status
from tests.unit.handlers.sending import opened


def shown(world: World, html: str) -> None:
    """A message of a template that shows the link without asking whether there is one."""
    world.ses_client.templates["usage-2"] = ("Usage", "{{{unsubscribe_url}}}", html)
    put(world, Status.CLAIMED, template="usage-2", data={"month": "October"})


@pytest.mark.parametrize("html", ["{{html.unsubscribe_url}}", "{{amazonSESUnsubscribeUrl}}"])
@pytest.mark.parametrize("setting", ["https://example.com/unsubscribe", "ses", "none"])
def test_a_template_that_was_made_for_any_setting_is_sent(setting: str, html: str) -> None:
    world = opened(World(0))
    world.unsubscribe = setting
    shown(world, html)
    world.send(order(world))
    assert status(world) == Status.SENT


def test_the_link_names_its_user() -> None:
    world = opened(World(0))
    shown(world, "")
    world.send(order(world))
    (mail,) = world.ses_client.inbox
    token = mail.headers["List-Unsubscribe"].strip("<>").rpartition("token=")[2]
    assert user_of(token, STACK, [SIGNING_KEY]) == KEY.user_id
    assert mail.data["unsubscribe_url"].endswith(token)


def test_without_the_key_ses_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    world = opened(World(0))

    def unavailable() -> Any:
        raise SendUnavailableError("the key can't be read")

    shown(world, "")
    monkeypatch.setattr(world, "_signing_key", unavailable)
    with pytest.raises(SendUnavailableError):
        world.send(order(world))
    assert (world.ses_client.asks, status(world)) == (0, Status.CLAIMED)
