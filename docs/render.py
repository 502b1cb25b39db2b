"""Writes into the documents what is known elsewhere: `make docs`. A test holds the two together.

The README's table of transitions is that of shared/outbox/transitions.py; the figures of the proof and of the benchmarks are
those of their last runs.
"""

import json
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.outbox.states import Status
from shared.outbox.transitions import TRANSITIONS, Arm, Transition
from tests.mutation.score import Place, Reason, Score, known

DOCS = Path(__file__).resolve().parent
PROOFS = DOCS / "proof"
README, PROOF = DOCS.parent / "README.md", PROOFS / "README.md"
FIGURES, EXPLORED, MUTANTS = (PROOFS / f"{name}.json" for name in ("only-once", "explorer", "mutants"))
PACE, PRODUCER, SOAK = (DOCS / "bench" / f"{name}.json" for name in ("pacing", "producer", "soak"))


def transitions() -> str:
    """The protocol as a Markdown table."""
    rows = ["| transition | from | to | allowed if | by |", "|---|---|---|---|---|"]
    rows.append("| produce | (absent) | PENDING | there is no message for this user and month | producer |")
    for transition in TRANSITIONS:
        cells = (transition.name, _sources(transition), transition.to or "(stays)", _guards(transition), transition.by)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _sources(transition: Transition) -> str:
    return "; ".join(_statuses(arm) for arm in transition.arms)


def _statuses(arm: Arm) -> str:
    others = [status for status in Status if status not in arm.sources]
    if not others:
        return "any"
    if len(others) <= 4:
        return f"all but {', '.join(others)}"
    return ", ".join(status for status in Status if status in arm.sources)


def _guards(transition: Transition) -> str:
    parts = ["; ".join(" and ".join(guard.value for guard in arm.guards) for arm in transition.arms if arm.guards)]
    parts += ["takes the fence"] if transition.takes_fence else []
    if transition.attempt is None:
        parts.append("attempts start anew")
    elif transition.attempt:
        parts.append("counts an attempt" if transition.attempt > 0 else "gives the attempt back")
    return "; ".join(part for part in parts if part) or "—"


def proof_in_a_sentence(figures: dict[str, Any]) -> str:
    cases = figures["crash_cases"] + figures["crash_pairs"] + figures["producer_kills"]
    duplicates, lost = (figures[name] + figures[f"chaos_{name}"] for name in ("duplicates", "lost"))
    return (
        f"The last whole run: {cases:,} crash cases and {figures['chaos_messages']:,} messages in chaos, "
        f"{duplicates:,} mails too many, {lost:,} lost; "
        f"{figures['broken_variants_caught']:,} of {figures['broken_variants']:,} broken variants caught "
        f"([docs/proof](docs/proof/README.md), commit {figures['commit']})."
    )


def pace_in_a_sentence(figures: dict[str, Any]) -> str:
    return (
        "On the embedded AWS, {messages:,} messages at {rate:g} a second took {drain_ratio:.2f} times the ideal, and SES refused "
        "{refused:,} requests; Retry alone took {unpaced_drain_ratio:.2f} times, and SES refused {unpaced_refused:,}. In virtual "
        "time, {sim_messages:,} messages at {sim_rate:g} a second and {sim_daily:,.0f} a day took {sim_drain_ratio:.4f} times "
        "the ideal, {sim_refused:,} refused (`make bench-pacing`, [docs/bench](docs/bench/pacing.md), commit {commit})."
    ).format(**figures)


def producer_in_a_sentence(figures: dict[str, Any]) -> str:
    return (
        "A month of {rows:,} rows, against a stand-in for AWS whose calls take declared times: {peak_rss_mb:.0f} MB of memory "
        "at most, {calls_per_row:.3f} AWS calls and {cpu_us_per_row:.0f} µs of CPU a row, {speedup_over_loop:.1f} times as fast "
        "as a loop of conditional PutItem (`make bench-producer`, [docs/bench](docs/bench/producer.md), commit {commit})."
    ).format(**figures)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 150, break_long_words=False, break_on_hyphens=False)


def cases(figures: dict[str, Any]) -> str:
    rows = (
        ("each AWS call disturbed, one at a time (and each day undisturbed)", "crash_cases"),
        ("every ordered pair of kills", "crash_pairs"),
        ("a month's producer killed at each AWS call", "producer_kills"),
    )
    lines = ["| | cases |", "|---|---|", *(f"| {what} | {figures[name]:,} |" for what, name in rows)]
    return "\n".join([*lines, "", _verdicts(figures)])


def _verdicts(figures: dict[str, Any]) -> str:
    return (
        f"Mails too many: {figures['duplicates']:,}. Lost: {figures['lost']:,}. "
        f"Months in which a user had not exactly one message, or a sum was false: {figures['producer_wrong']:,}. "
        f"UNCERTAIN at the end, each with a reason: {figures['uncertain']:,}. "
        f"Broken variants caught: {figures['broken_variants_caught']:,} of {figures['broken_variants']:,}. "
        f"Run on commit {figures['commit']}."
    )


def chaos(figures: dict[str, Any]) -> str:
    names = {
        "chaos_messages": "messages", "chaos_duplicates": "mails too many", "chaos_lost": "lost",
        "kills": "processes killed", "dropped_answers": "answers of SES lost", "throttled": "refused for the rate",
        "repeated_batches": "batches delivered twice", "chaos_failed": "FAILED", "chaos_uncertain": "UNCERTAIN",
        "seconds": "seconds",
    }  # fmt: skip
    values = [f"{figures[name]:,}" for name in names]
    return "\n".join([f"| {' | '.join(names.values())} |", f"|{'---|' * len(names)}", f"| {' | '.join(values)} |"])


def explorer(figures: dict[str, Any]) -> str:
    names = ("schedules", "troubles", "invocations", "mails", "violations", "seconds")
    values = [f"{figures[name]:,}" for name in names]
    shown = [
        f"| {' | '.join(names).replace('violations', 'broken promises')} |",
        f"|{'---|' * len(names)}",
        f"| {' | '.join(values)} |",
    ]
    return "\n".join([*shown, "", f"Seed {figures['seed']}, run on commit {figures['commit']}."])


def soak_in_a_sentence(figures: dict[str, Any]) -> str:
    return (
        "Left alone for {minutes:g} minutes: at the end the engine had {engine_growth:.2f} times the memory that it had after "
        "{base_minutes:g}, {threads_growth:.2f} times the threads, and had used {cpu_share:.1%} of a core; {sweeps:,} sweeps, "
        "{sweeps_off:,} more or fewer than the schedule asks for; {moved:,} messages moved, {mails_more:,} mails more. Run on "
        "commit {commit}."
    ).format(**figures)


def mutants(figures: dict[str, Any], reasons: Mapping[Place, Reason]) -> str:
    """The score, and each survivor with its reason."""
    score = Score.read(figures, reasons)
    told = (
        f"{100 * score.share:.1f} % caught: of {score.tried:,} variants that there was time for (seed {figures['seed']}), "
        f"{score.caught:,} were noticed by a test, {score.stopped:,} of them because they never came to an end; "
        f"{len(score.survivors):,} survived, of which {score.equivalent:,} are equivalent and not counted. "
        f"{figures['made']:,} were made; mypy refuses {figures['refused_by_types']:,} of them, {figures['left']:,} are left that "
        f"change more than words. Run on commit {figures['commit']}."
    )
    rows = ["| function | what was changed | why nothing notices |", "|---|---|---|"]
    for one in score.survivors:
        reason = reasons[one.place]
        words = f"Equivalent. {reason.words}" if reason.equivalent else reason.words
        rows.append(f"| {_cell(one.where)} | {_cell(one.was)} → {_cell(one.becomes)} | {words} |")
    return "\n".join([_wrapped(told), "", *rows])


def _cell(code: str) -> str:
    return f"`{code}`".replace("|", "\\|")


def rendered(text: str, **parts: str) -> str:
    """The text with each part as it is now, between its marks."""
    for name, part in parts.items():
        start, end = f"<!-- {name}: written by `make docs` -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        text, found = pattern.subn(lambda _, new=f"{start}\n{part}\n{end}": new, text)  # type: ignore[misc]
        assert found == 1, f"{start} … {end} is there {found} times"
    return text


def documents() -> dict[Path, str]:
    """Every document that has such parts, as it should be."""
    figures, pace, producer, soak, explored, survived = (
        json.loads(path.read_text()) for path in (FIGURES, PACE, PRODUCER, SOAK, EXPLORED, MUTANTS)
    )
    return {
        README: rendered(
            README.read_text(),
            transitions=transitions(),
            proof=_wrapped(proof_in_a_sentence(figures)),
            pace=_wrapped(pace_in_a_sentence(pace)),
            producer=_wrapped(producer_in_a_sentence(producer)),
        ),
        PROOF: rendered(
            PROOF.read_text(),
            cases=cases(figures),
            explorer=explorer(explored),
            chaos=chaos(figures),
            soak=_wrapped(soak_in_a_sentence(soak)),
            mutants=mutants(survived, known()),
        ),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
