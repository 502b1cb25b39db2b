"""Makes the variants and tries them, inside a copy of the repository: mutmut's parts, in an order and a time of our own.

Started by `tests.mutation` with the copy as its folder; not to be called by hand. Writes a line of JSON for each thing that
it has to tell, mutmut's own chatter goes to a log.
"""

import argparse
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from difflib import unified_diff
from functools import cache, partial
from hashlib import sha256
from math import ceil
from pathlib import Path
from typing import Any, TextIO

MEMORY_AT_MOST = 4 << 30
"""Bytes. A variant that never stops collecting must not take the machine with it."""
ENDLESS, STARTING_S = 1.5, 10
"""A variant that takes so many times the processor time of the code as it is, and as many seconds more, never ends."""
GRACE_S = 60
"""For those that are under way when the time is over; what becomes of them is not known then."""
CHANGES_TYPES = frozenset({"has-type", "unused-ignore"})
"""What mypy says of a file because it holds many variants side by side, and not of one of them."""
TEXT = re.compile(r'"[^"]*"|\'[^\']*\'')
KILLED, NO_TESTS, SURVIVED = (1, 3), 33, 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--until", type=float, required=True)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    tell = _quiet(Path("worker.log"))
    variants = make(given.workers, tell)
    chosen = sorted(
        (name for name in variants if given.only in variants[name]["where"]), key=lottery(given.seed, variants)
    )
    _tell(tell, variants=len(variants), chosen=len(chosen))
    for told in tried(chosen, given.workers, given.until):
        _tell(tell, **variants[told.pop("name")], **told)


def lottery(seed: str, variants: dict[str, dict[str, str]]) -> Callable[[str], str]:
    """An order that a change of the code moves few variants in: each one's place is drawn from what it is."""
    return lambda name: sha256(json.dumps([seed, variants[name]]).encode()).hexdigest()


def _quiet(log: Path) -> TextIO:
    """Whatever is printed goes to the log; the way to the caller is what was the standard output."""
    caller = os.fdopen(os.dup(1), "w")
    for stream in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    return caller


def _tell(caller: TextIO, **told: Any) -> None:
    print(json.dumps(told), file=caller, flush=True)


def make(workers: int, tell: TextIO) -> dict[str, dict[str, str]]:
    """Every variant that the types let through, by mutmut's name: the function, and what it has become.

    Also runs the tests once, on the code as it is, to learn which tests come by which function.
    """
    from mutmut import __main__ as mutmut
    from mutmut.mutation.trampoline import set_mutant_under_test
    from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths
    from mutmut.workers.isolation import get_mutant_runner

    _tell(tell, now="variants are made")
    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir()
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    mutmut.create_mutants(workers)
    found, _ = mutmut.collect_source_file_mutation_data(mutant_names=())
    _tell(tell, now="variants are looked at by mypy")
    impossible = refused_by_types(sorted({str(data.path) for data, _, _ in found}))
    _tell(tell, now="tests run once without a variant", made=len(found), typed_out=len(impossible))
    mutmut.collect_or_load_stats(get_mutant_runner(workers))
    made = {name: changed(name, data.path) for data, name, _ in found if name not in impossible}
    return {name: one for name, one in made.items() if not only_words(one["was"], one["becomes"])}


def refused_by_types(files: list[str]) -> set[str]:
    """The variants that `make check` would not let through: their function has a type error, and its original has not."""
    from mutmut.mutation.data import MutantLineSpans
    from mutmut.utils.format_utils import get_mutant_name, mangled_name_from_mutant_name

    command = [sys.executable, "-m", "mypy", "--output=json", "--no-warn-unused-ignores", *files]
    done = subprocess.run(command, cwd="mutants", capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    errors = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    refused: set[str] = set()
    for file in files:
        spans = MutantLineSpans.load(file)
        messages = {}
        for name, span in spans.span_by_function_name.items() if spans else ():
            messages[name] = {
                error["message"]
                for error in errors
                if error["file"] == file
                and error["code"] not in CHANGES_TYPES
                and span.start <= error["line"] <= span.end
            }
        for name, said_of_it in messages.items():
            original = mangled_name_from_mutant_name(name) + "__mutmut_orig"
            if said_of_it - messages.get(original, set()):
                refused.add(get_mutant_name(Path(file), name))
    return refused


def changed(name: str, path: Path | str) -> dict[str, str]:
    """Where a variant is, and its lines that differ, before and after."""
    from mutmut.mutation.diff_apply import generated_function_names
    from mutmut.utils.format_utils import orig_function_and_class_names_from_key

    original, variant = generated_function_names(name)
    functions = _functions(path)
    function, of_class = orig_function_and_class_names_from_key(name)
    before, after = functions[original], [line.replace(variant, original) for line in functions[variant]]
    lines = list(unified_diff(before, after, n=0))[2:]
    was, becomes = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in ("-", "+"))
    module = str(path).removesuffix(".py").replace("/", ".")
    return {"where": ".".join(filter(None, (module, of_class, function))), "was": was, "becomes": becomes}


def only_words(was: str, becomes: str) -> bool:
    """Whether the two differ only within a string of several words: such a one is for people to read."""
    without = partial(TEXT.sub, lambda text: '""' if " " in text[0] else text[0])
    return without(was) == without(becomes)


@cache
def _functions(path: Path | str) -> dict[str, list[str]]:
    """The lines of each variant in a file, and of the originals."""
    from mutmut.mutation.data import MutantLineSpans

    spans, lines = MutantLineSpans.load(path), (Path("mutants") / path).read_text().splitlines()
    return (
        {name: lines[span.start - 1 : span.end] for name, span in spans.span_by_function_name.items()} if spans else {}
    )


def tried(names: list[str], workers: int, until: float) -> Iterator[dict[str, Any]]:
    """Tries them in order for as long as there is time: what became of each, as it is known."""
    from mutmut import __main__ as mutmut
    from mutmut.mutation.trampoline import set_mutant_under_test
    from mutmut.state import state
    from mutmut.utils.format_utils import mangled_name_from_mutant_name
    from mutmut.workers.isolation import get_mutant_runner

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_AT_MOST, MEMORY_AT_MOST))
    runner = get_mutant_runner(workers)
    set_mutant_under_test("")
    mutmut.run_forced_fail_test(runner)
    runner.startup()
    signal.signal(signal.SIGALRM, lambda *_: runner.stop_all_workers())
    signal.alarm(max(1, ceil(until + GRACE_S - time.time())))
    for name in names:
        while not runner.has_capacity():
            yield _ended(runner.wait_for_result())
        if time.time() > until:
            break
        tests = state().tests_by_mangled_function_name.get(mangled_name_from_mutant_name(name), set())
        takes_s = sum(state().duration_by_test[test] for test in tests)
        runner.submit(name, sorted(tests), ceil(ENDLESS * takes_s + STARTING_S), takes_s)
    while runner.pending_count():
        yield _ended(runner.wait_for_result())
    runner.shutdown()


def _ended(result: Any) -> dict[str, Any]:
    if result.exit_code == -signal.SIGTERM:
        verdict = "unknown"
    elif result.exit_code in KILLED:
        verdict = "caught"
    elif result.exit_code in (SURVIVED, NO_TESTS):
        verdict = "survived"
    else:  # it was stopped: it ran for too long, or wanted too much memory
        verdict = "stopped"
    return {"name": result.mutant_name, "verdict": verdict}


if __name__ == "__main__":
    main()
