"""What the last runs of the proof and of the benchmarks came to, in words and tables."""

import textwrap
from collections.abc import Mapping
from typing import Any

from tests.mutation.score import Place, Reason, Score


def proof_in_a_sentence(figures: dict[str, Any], page: str) -> str:
    """`page`: the way to the proof's page from the document that says it."""
    cases = figures["crash_cases"] + figures["crash_pairs"] + figures["producer_kills"]
    duplicates, lost = (figures[name] + figures[f"chaos_{name}"] for name in ("duplicates", "lost"))
    return wrapped(
        f"The last whole run: {cases:,} crash cases and {figures['chaos_messages']:,} messages in chaos, "
        f"{duplicates:,} mails too many, {lost:,} lost; "
        f"{figures['broken_variants_caught']:,} of {figures['broken_variants']:,} broken variants caught "
        f"([proof]({page}), commit {figures['commit']})."
    )


def pace_in_a_sentence(figures: dict[str, Any], page: str) -> str:
    """`page`: the way to the benchmark's page from the document that says it."""
    told = (
        "On the embedded AWS, {messages:,} messages at {rate:g} a second took {drain_ratio:.2f} times the ideal, and SES refused "
        "{refused:,} requests; Retry alone took {unpaced_drain_ratio:.2f} times, and SES refused {unpaced_refused:,}. In virtual "
        "time, {sim_messages:,} messages at {sim_rate:g} a second and {sim_daily:,.0f} a day took {sim_drain_ratio:.4f} times "
        "the ideal, {sim_refused:,} refused (`make bench-pacing`, [figures]({page}), commit {commit})."
    )
    return wrapped(told.format(**figures, page=page))


def engines(airflow: dict[str, Any], scale: dict[str, Any]) -> str:
    """The month on Airflow beside the same on the functions."""
    large = max(airflow["trials"], key=lambda one: one["users"])
    on_functions = min(scale["sizes"], key=lambda one: abs(one["users"] - large["users"]))
    told = (
        "{versions}: {users:,} users at {rate:g} a second took {drain_ratio:.2f} times the ideal from first mail to last, and "
        "{seconds:,.0f} seconds from the DAG's unpausing to its end; {task_instances:,} task instances, {database_kb:,} KB of "
        "metadata (`make airflow-demo`, commit {commit}). "
    ).format(**airflow) + (
        "{users:,} users at {rate:g} a second: {drain_ratio:.2f} times the ideal, {seconds:,.0f} seconds, {task_instances:,} "
        "task instances, {database_kb:,} KB. AWS charged ${dollars_per_million:.2f} a million for it, beside SES and Airflow "
        "(`make bench-airflow`, commit {commit}); "
    ).format(**large)
    cost = "the functions pay ${dollars:.2f} a million at {users:,} users".format(**on_functions)
    cost += f" (`make bench-scale`, commit {scale['commit']})."
    return wrapped(told + cost)


def producer_in_a_sentence(figures: dict[str, Any], page: str) -> str:
    """`page`: the way to the benchmark's page from the document that says it."""
    told = (
        "A month of {rows:,} rows, against a stand-in for AWS whose calls take declared times: {peak_rss_mb:.0f} MB of memory "
        "at most, {calls_per_row:.3f} AWS calls and {cpu_us_per_row:.0f} µs of CPU a row, {speedup_over_loop:.1f} times as fast "
        "as a loop of conditional PutItem (`make bench-producer`, [figures]({page}), commit {commit}). In virtual time, "
        "{virtual_rows:,} rows took {virtual_minutes:.0f} minutes, {virtual_rows_per_second:,.0f} rows a second, "
        "{virtual_peak_rss_mb:.0f} MB at most and {virtual_cpu_us_per_row:.0f} µs of CPU a row."
    )
    return wrapped(told.format(**figures, page=page))


def cases(figures: dict[str, Any]) -> str:
    """What was tried in the crash cases, and what came of it."""
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
    """The month on the deployed stack while processes are killed."""
    names = {
        "chaos_messages": "messages", "chaos_duplicates": "mails too many", "chaos_lost": "lost",
        "kills": "processes killed", "dropped_answers": "answers of SES lost", "throttled": "refused for the rate",
        "repeated_batches": "batches delivered twice", "chaos_failed": "FAILED", "chaos_uncertain": "UNCERTAIN",
        "seconds": "seconds",
    }  # fmt: skip
    return _one_row({name: figures[key] for key, name in names.items()})


def explorer(figures: dict[str, Any]) -> str:
    """The random schedules."""
    names = ("schedules", "troubles", "invocations", "mails", "violations", "seconds")
    shown = {name.replace("violations", "broken promises"): figures[name] for name in names}
    return "\n".join([_one_row(shown), "", f"Seed {figures['seed']}, run on commit {figures['commit']}."])


def _one_row(values: Mapping[str, float]) -> str:
    cells = (f"{value:,}" for value in values.values())
    return "\n".join([f"| {' | '.join(values)} |", f"|{'---|' * len(values)}", f"| {' | '.join(cells)} |"])


def soak_in_a_sentence(figures: dict[str, Any]) -> str:
    """A stack that was left alone."""
    told = (
        "Left alone for {minutes:g} minutes: at the end the engine had {engine_growth:.2f} times the memory that it had after "
        "{base_minutes:g}, {threads_growth:.2f} times the threads, and had used {cpu_share:.1%} of a core; {sweeps:,} sweeps, "
        "{sweeps_off:,} more or fewer than the schedule asks for; {moved:,} messages moved, {mails_more:,} mails more. Run on "
        "commit {commit}."
    )
    return wrapped(told.format(**figures))


def mutants(figures: dict[str, Any], reasons: Mapping[Place, Reason]) -> str:
    """The score of the variants made by machine, and each survivor with its reason."""
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
    return "\n".join([wrapped(told), "", *rows])


def _cell(code: str) -> str:
    return f"`{code}`".replace("|", "\\|")


def wrapped(text: str) -> str:
    """The sentence in lines."""
    return textwrap.fill(text, 130, break_long_words=False, break_on_hyphens=False)
