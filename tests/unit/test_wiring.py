"""When a function's parts are made."""

import pytest

from shared import wiring


@pytest.mark.parametrize(("function", "made_at_start"), [("onlyonce-prod-send", 1), ("", 0)])
def test_on_lambda_they_are_made_at_the_start_and_elsewhere_at_first_use(
    function: str, made_at_start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once each: a second use gets what the first one got."""
    if function:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", function)
    else:
        monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    made: list[object] = []

    @wiring.at_start
    def parts() -> object:
        made.append(object())
        return made[-1]

    assert len(made) == made_at_start
    assert parts() is parts() is made[0]
    assert len(made) == 1
