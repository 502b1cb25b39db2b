"""A browser is opened for somebody who sits before it, and for nobody else unasked."""

import io

import pytest

from local.demo import browser

ADDRESS = "http://127.0.0.1:4580/?token=abc"


@pytest.mark.parametrize(
    ("platform", "environment", "on_terminal", "sits"),
    [
        ("linux", {"DISPLAY": ":0"}, True, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True, True),
        ("linux", {}, True, False),
        ("linux", {"DISPLAY": ":0"}, False, False),
        ("linux", {"DISPLAY": ":0", "CI": "true"}, True, False),
        ("darwin", {}, True, True),
        ("darwin", {"SSH_CONNECTION": "from afar"}, True, False),
        ("darwin", {}, False, False),
    ],
)
def test_who_sits_here(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], on_terminal: bool, sits: bool
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert browser.sits_here(environment, on_terminal) is sits


@pytest.mark.parametrize(
    ("asked", "sits", "opens"), [(None, True, True), (None, False, False), (True, False, True), (False, True, False)]
)
def test_what_is_asked_for_comes_first(
    monkeypatch: pytest.MonkeyPatch, asked: bool | None, sits: bool, opens: bool
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr(browser, "sits_here", lambda *_: sits)
    browser.show(ADDRESS, asked)
    assert opened == [ADDRESS] * opens


def test_output_that_is_not_a_terminal_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("nobody asked"))
    monkeypatch.setattr("sys.stdout", io.StringIO())
    browser.show(ADDRESS, None)
