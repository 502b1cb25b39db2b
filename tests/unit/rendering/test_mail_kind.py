"""A mail's template: its name stands for its content, whatever was deployed in between."""

from pathlib import Path

import pytest

from shared.rendering.mail_kind import MailFiles, MailTemplate

PARTS = {"subject": "Your {{month}}\n", "text": "Dear {{name}},\n", "html": "<p>{{html.name}}</p>\n"}


def template(
    folder: Path, stack: str = "onlyonce-prod", kind: str = "usage", unsubscribe: str = "none", **changes: str
) -> MailTemplate:
    files = MailFiles(folder, kind)
    for part, text in {**PARTS, **changes}.items():
        file = folder / files.templates[part]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return files.template(stack, unsubscribe)


def test_its_parts_are_the_files_the_subject_without_the_line_end(tmp_path: Path) -> None:
    made = template(tmp_path)
    assert made.parts == (made.subject, made.text, made.html) == ("Your {{month}}", PARTS["text"], PARTS["html"])


def test_its_name_tells_stack_and_kind(tmp_path: Path) -> None:
    name = template(tmp_path).name
    assert name.startswith("onlyonce-prod-usage-")
    assert len(name.removeprefix("onlyonce-prod-usage-")) == 12


@pytest.mark.parametrize("part", PARTS)
def test_another_text_has_another_name_and_going_back_brings_back_the_first(tmp_path: Path, part: str) -> None:
    first = template(tmp_path)
    assert template(tmp_path, **{part: "another"}).name != first.name
    assert template(tmp_path) == first


def test_what_ses_is_not_given_does_not_change_the_name(tmp_path: Path) -> None:
    assert template(tmp_path, subject=" Your {{month}} \n\n") == template(tmp_path)


def test_a_text_that_moves_to_another_part_is_another_template(tmp_path: Path) -> None:
    assert template(tmp_path, text="a", html="b").name != template(tmp_path, text="b", html="a").name
    assert template(tmp_path, text="ab", html="c").name != template(tmp_path, text="a", html="bc").name


def test_two_stacks_and_two_kinds_never_share_one(tmp_path: Path) -> None:
    made = {
        template(tmp_path, stack, kind).name
        for stack in ("onlyonce-prod", "onlyonce-eu")
        for kind in ("usage", "digest")
    }
    assert len(made) == 4


def test_of_ses_own_list_the_link_has_the_name_that_ses_knows(tmp_path: Path) -> None:
    shown = {
        "text": "{{{unsubscribe_url}}} ",
        "html": '{{#if unsubscribe_url}}<a href="{{html.unsubscribe_url}}">out</a>{{/if}}',
    }
    made = template(tmp_path, unsubscribe="ses", **shown)
    assert made.text == "{{amazonSESUnsubscribeUrl}} "
    assert made.html == '{{#if unsubscribe_url}}<a href="{{amazonSESUnsubscribeUrl}}">out</a>{{/if}}'
    assert template(tmp_path, **shown).text == shown["text"]
