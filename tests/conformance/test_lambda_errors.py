"""How a Python function fails, and what its failure leaves behind."""

import base64
import os
import signal

from tests.conformance.account import Account

RAISES_ITS_OWN = """
class SlotTakenError(Exception):
    pass

def handler(event, context):
    raise SlotTakenError("slot 7")
"""


def test_an_error_payload_names_the_bare_class(aws: Account) -> None:
    """errorType is the exception's class name without its module; requestId and stackTrace come with it."""
    payload = aws.invoke(aws.function(RAISES_ITS_OWN))
    assert (payload["errorType"], payload["errorMessage"]) == ("SlotTakenError", "slot 7")
    assert set(payload) == {"errorType", "errorMessage", "requestId", "stackTrace"}
    assert "raise SlotTakenError" in payload["stackTrace"][-1]


def test_step_functions_catches_a_lambda_error_by_class_name(aws: Account) -> None:
    """The error name of a failed Lambda task is that class name, so ErrorEquals matches it."""
    function = aws.function(RAISES_ITS_OWN)
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": function.arn}}
    catch = [{"ErrorEquals": ["SlotTakenError"], "Next": "Caught", "ResultPath": "$.error"}]
    execution = aws.run(
        {"StartAt": "Send", "States": {"Send": {**task, "Catch": catch, "End": True}, "Caught": {"Type": "Succeed"}}}
    )
    assert execution["status"] == "SUCCEEDED"


def test_the_environment_survives_an_exception(aws: Account) -> None:
    """A raised exception does not end the execution environment: module globals stay."""
    function = aws.function(
        "calls = []\ndef handler(event, context):\n    calls.append(1)\n    raise ValueError(len(calls))"
    )
    assert [aws.invoke(function)["errorMessage"] for _ in range(3)] == ["1", "2", "3"]


def test_a_timeout_loses_the_environment(aws: Account) -> None:
    """A timeout is Sandbox.Timedout, with the request id in the message, and the next invocation starts afresh."""
    function = aws.function(
        "calls = []\n"
        "def handler(event, context):\n"
        "    calls.append(1)\n"
        "    if event == 'sleep': time.sleep(5)\n"
        "    return len(calls)",
        Timeout=1,
    )
    assert aws.invoke(function) == 1
    timed_out = aws.invoke(function, "sleep")
    assert timed_out["errorType"] == "Sandbox.Timedout"
    assert timed_out["errorMessage"].startswith("RequestId: ")
    assert timed_out["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert aws.invoke(function) == 1


def test_an_exit_is_an_exit_error(aws: Account) -> None:
    """A process that ends during the invocation is Runtime.ExitError, and the message tells how it ended."""
    function = aws.function("def handler(event, context):\n    os._exit(3)")
    payload = aws.invoke(function)
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")


def test_a_killed_environment_is_an_exit_error_and_is_replaced(aws: Account) -> None:
    """A kill from outside, in the middle of an invocation, is Runtime.ExitError; the next one is served afresh."""
    function = aws.function(
        "def handler(event, context):\n    if event == 'die': os.kill(os.getpid(), 9)\n    return os.getpid()"
    )
    first = aws.invoke(function)
    assert aws.invoke(function, "die")["errorType"] == "Runtime.ExitError"
    second = aws.invoke(function)
    assert second != first
    os.kill(second, signal.SIGKILL)
    assert aws.invoke(function) not in (first, second)


def test_a_failed_import_names_itself(aws: Account) -> None:
    """A handler module that cannot be imported is Runtime.ImportModuleError."""
    payload = aws.invoke(aws.function("import no_such_module\ndef handler(event, context):\n    return 1"))
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert payload["errorMessage"] == "Unable to import module 'index': No module named 'no_such_module'"


def test_an_import_that_ends_the_process_is_an_exit_error(aws: Account) -> None:
    """So it is each time: an environment that could not start is not used again."""
    function = aws.function("os._exit(4)\ndef handler(event, context):\n    return 1")
    for _ in range(2):
        payload = aws.invoke(function)
        assert payload["errorType"] == "Runtime.ExitError"
        assert payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 4")


def test_an_unserializable_value_is_a_marshal_error(aws: Account) -> None:
    """A returned value that is not JSON is Runtime.MarshalError."""
    assert (
        aws.invoke(aws.function("def handler(event, context):\n    return {1, 2}"))["errorType"]
        == "Runtime.MarshalError"
    )


def test_the_host_environment_does_not_leak(aws: Account) -> None:
    """A function sees its own variables and AWS's, not those of the machine that runs it."""
    assert "HOME" not in aws.invoke(aws.function("def handler(event, context):\n    return list(os.environ)"))


def test_the_log_has_the_error_and_not_what_caused_it(aws: Account) -> None:
    """The runtime logs [ERROR], type, message and frames of the exception itself (source: awslambdaric, log_error)."""
    function = aws.function(
        "def handler(event, context):\n"
        "    try:\n"
        "        raise ValueError('of the recipient')\n"
        "    except ValueError as error:\n"
        "        raise LookupError('of ours') from error"
    )
    answer = aws.client("lambda").invoke(FunctionName=function.name, LogType="Tail")
    log = base64.b64decode(answer["LogResult"]).decode()
    assert "[ERROR] LookupError: of ours\nTraceback (most recent call last):\n" in log
    assert "of the recipient" not in log.replace("raise ValueError('of the recipient')", "")
