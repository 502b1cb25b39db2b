"""The README's pictures: small ones, of docs, and a word about what is missing where none can be taken."""

import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.screenshots import chromium, command, pictures

TAKEN = ("console.png", "message.png", "mail.png")


def test_without_a_browser_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["screenshots"])
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(command, "Stack", lambda *_: pytest.fail("nothing is started"))
    assert chromium.found() is None
    assert command.main() == 2
    assert "apt-get install chromium" in capsys.readouterr().err


def test_a_picture_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    png = (pictures.DOCS / "mail.png").read_bytes()
    page: Any = SimpleNamespace(screenshot=lambda **_: png, close=lambda: None)
    monkeypatch.setattr(pictures, "_show_whole", lambda _: None)
    monkeypatch.setattr(pictures, "DOCS", tmp_path)
    assert pictures._taken(page, "mail.png").stat().st_size < len(png), "it is made small"
    monkeypatch.setattr(pictures, "MAX_BYTES", 1000)
    with pytest.raises(pictures.PictureError, match=r"mail\.png has [\d,]+ bytes; 1,000 are enough"):
        pictures._taken(page, "mail.png")


@pytest.mark.parametrize("name", TAKEN)
def test_what_documents_show_was_taken_by_it(name: str) -> None:
    picture = (pictures.DOCS / name).read_bytes()
    width, _ = struct.unpack(">II", picture[16:24])
    assert width == 2 * (pictures.MAIL_WIDTH if name == "mail.png" else pictures.WIDTH)
    assert len(picture) < pictures.MAX_BYTES
