"""What the README says of the protocol is what the protocol is."""

from pathlib import Path

from docs.render import rendered

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_table_of_transitions_is_the_protocol() -> None:
    assert rendered(README) == README, "`make docs` writes it anew"
