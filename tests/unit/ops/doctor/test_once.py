"""An examination asks each question once."""

import threading
from typing import Any

import pytest

from ops.doctor.deployed import Once
from ops.errors import UnreadableError


def test_many_threads_share_one_answer() -> None:
    asked: list[tuple[str, str, Any]] = []
    inside = threading.Event()

    def ask(service: str, operation: str, **given: Any) -> dict[str, Any]:
        asked.append((service, operation, given))
        inside.wait(0.05)
        return {"number": len(asked)}

    once, answers = Once(ask), []
    threads = [threading.Thread(target=lambda: answers.append(once("sesv2", "get_account"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"number": 1}] * 8
    assert once("sesv2", "get_account", X="other") == {"number": 2}


def test_no_answer_is_not_kept() -> None:
    def ask(*_: str) -> dict[str, Any]:
        raise UnreadableError("throttled")

    once = Once(ask)
    for _ in range(2):
        with pytest.raises(UnreadableError):
            once("sesv2", "get_account")
