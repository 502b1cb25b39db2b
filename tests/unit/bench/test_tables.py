"""Figures as tables, on the screen and in a document."""

import io

from rich.console import Console

from bench import tables

CELLS = [["", "paced", "target"], ["drain, s", "61.8", ""], ["", "", "0"]]


def test_the_document_changes_between_the_marks_alone() -> None:
    start, end = marks = tables.marks("some")
    assert start == "<!-- figures: written by `make bench-some` -->"
    text = tables.rendered(f"before\n{start}\nold\n{end}\nafter\n{end}", marks, "one \\1", "two")
    assert text == f"before\n{start}\none \\1\n\ntwo\n{end}\nafter\n{end}"


def test_another_benchmarks_tables_stay() -> None:
    text = "\n".join(("before", *tables.marks("other")))
    assert tables.rendered(text, tables.marks("some"), "new") == text


def test_numbers_are_on_the_right_and_an_empty_cell_has_one_space() -> None:
    lines = ["| | paced | target |", "| --- | ---: | ---: |", "| drain, s | 61.8 | |", "| | | 0 |"]
    assert tables.markdown(CELLS).splitlines() == lines


def test_the_screen_shows_the_same() -> None:
    shown = io.StringIO()
    Console(file=shown, width=80).print(tables.screen(CELLS))
    head, row = (line for line in shown.getvalue().splitlines() if "paced" in line or "61.8" in line)
    assert [cell.strip() for cell in head.strip("┃").split("┃")] == CELLS[0]
    assert row.startswith("│ drain, s │  61.8 │")
