"""Which variables a template can't do without."""

import pytest

from mail.usage.variables import KIND
from shared.errors import RenderError
from shared.rendering.handlebars import check_variables, places, rendering_data, required_variables


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", set()),
        ("no tags { } {x}", set()),
        ("{{name}}", {"name"}),
        ("{{ name }}", {"name"}),
        ("{{{raw}}}", {"raw"}),
        ("{{& raw}}", {"raw"}),
        ("{{html.name}}", {"name"}),
        ("{{#if name}}{{html.name}}{{/if}}", set()),
        ("{{#if html.name}}{{html.name}}{{/if}}", set()),
        ("{{a}}{{b}} {{a}}", {"a", "b"}),
        ("{{user.name}}", {"user"}),
        ("{{! a comment }}", set()),
        ("{{!-- {{hidden}} --}}{{shown}}", {"shown"}),
        ("{{!-- over\n{{two}}\nlines --}}", set()),
        ("{{#if x}}{{x}}{{/if}}", set()),
        ("{{#if x}}{{y}}{{/if}}", {"y"}),
        ("{{#if x}}a{{else}}{{y}}{{/if}}", {"y"}),
        ("{{#if x}}a{{else if y}}b{{/if}}", set()),
        ("{{#unless x}}{{y}}{{/unless}}", {"y"}),
        ("{{#if x}}{{#if y}}{{x}}{{y}}{{z}}{{/if}}{{/if}}", {"z"}),
        ("{{#if x}}{{x}}{{/if}}{{x}}", {"x"}),
        ("{{#each devices}}{{name}}{{this}}{{@index}}{{../x}}{{/each}}", set()),
        ("{{#each devices}}{{name}}{{/each}}{{after}}", {"after"}),
        ("{{#with user}}{{name}}{{/with}}", set()),
        ("{{#each devices}}{{#if on}}{{minutes}}{{/if}}{{/each}}", set()),
        ("{{> footer}}", set()),
        ("{{elsewhere}} {{this_month}} {{thisMonth}}", {"elsewhere", "this_month", "thisMonth"}),
        ("{{~name~}}", {"name"}),
        ("{{~#if x~}}{{~x~}}{{~/if~}}", set()),
        ("{{~#if x}}a{{~else~}}b{{/if}}", set()),
        ("</style>{{name}}<style>a{b:c}</style>", {"name"}),
    ],
)
def test_required_variables(text: str, names: set[str]) -> None:
    """source: Handlebars language guide; SES developer guide, personalised email"""
    assert required_variables([text]) == names


def test_all_parts_count() -> None:
    assert required_variables(["{{a}}", "{{b}}", "{{#if c}}"]) == {"a", "b"}


def test_a_block_ends_with_its_part() -> None:
    assert required_variables(["{{#each x}}", "{{name}}"]) == {"name"}


def test_a_variable_is_found_again_in_its_file_and_line() -> None:
    parts = (
        "{{{a}}}",
        "first\n{{!-- {{b}}\nhidden --}}\n{{#if b}}{{b}}{{/if}}\n  {{{b}}} {{{a}}}",
        "\n\n{{html.c}}\n{{html.c}}",
    )
    assert places(list(KIND.files.templates.values()), parts, {"c", "a", "b"}) == [
        "mail/usage/subject.hbs, line 1: {{{a}}}",
        "mail/usage/text.hbs, line 5: {{{b}}}",
        "mail/usage/html.hbs, line 3: {{html.c}}",
    ]


def test_a_message_with_all_variables() -> None:
    check_variables("usage-1", frozenset({"a"}), {"a": "", "more": "x"})


def test_each_missing_variable_is_named() -> None:
    with pytest.raises(RenderError, match="template usage-1 needs a, c, which"):
        check_variables("usage-1", frozenset("abc"), {"b": ""})


def test_the_html_part_finds_its_variables_escaped() -> None:
    assert rendering_data({"name": '<b>Zoë & "Z"</b>', "n": "1"}) == {
        "name": '<b>Zoë & "Z"</b>',
        "n": "1",
        "html": {"name": "&lt;b&gt;Zoë &amp; &quot;Z&quot;&lt;/b&gt;", "n": "1"},
    }
