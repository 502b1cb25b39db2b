"""What an update of a function does to its invocations."""

import os
from concurrent.futures import ThreadPoolExecutor

from tests.conformance.account import NOTEBOOK, Account, Function, archive, eventually

RELEASE = """
def handler(event, context):
    note(os.getpid())
    time.sleep(event["for_s"])
    return {release!r}
"""


def update(aws: Account, function: Function, release: str) -> None:
    package = archive(NOTEBOOK + RELEASE.format(release=release))
    aws.client("lambda").update_function_code(FunctionName=function.name, ZipFile=package)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_invocation_goes_on_with_the_code_that_it_began_with(aws: Account) -> None:
    """While others begin with the new code. A process ends when it has none to serve."""
    function = aws.function(RELEASE.format(release="before"))
    with ThreadPoolExecutor() as pool:
        running = pool.submit(aws.invoke, function, {"for_s": 3})
        (first,) = eventually(function.notes)
        update(aws, function, "after")
        assert aws.invoke(function, {"for_s": 0}) == "after"
        assert not running.done()
        assert running.result() == "before"
    update(aws, function, "last")
    assert aws.invoke(function, {"for_s": 0}) == "last"
    _, second, third = function.notes()
    eventually(lambda: [runs(pid) for pid in (first, second, third)] == [False, False, True])
