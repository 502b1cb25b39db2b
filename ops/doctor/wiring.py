"""Is everything switched on that moves messages: stream, schedules, state machine?"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from ops.doctor.deployed import Deployed
from ops.doctor.finding import PUT_BACK, Finding, ok, warning, wrong
from ops.doctor.next_time import next_time
from ops.errors import UnreadableError
from ops.formatting import plain, when


def mapping(deployed: Deployed) -> Iterator[Finding]:
    """The outbox's stream reaches claim (source: lambda-mapping-state)."""
    function = deployed.output("ClaimFunctionName")
    found = deployed.ask("lambda", "list_event_source_mappings", FunctionName=function)["EventSourceMappings"]
    if not found:
        yield wrong("no stream leads to claim: only the sweeper brings messages on", PUT_BACK)
    for one in found:
        state, result = one.get("State", ""), one.get("LastProcessingResult", "")
        if deployed.by_airflow and state in ("Disabled", "Disabling"):
            yield ok(f"the stream to claim is {state}: Airflow takes the messages")
        elif state not in ("Enabled", "Enabling", "Creating", "Updating"):
            yield wrong(
                f"the stream to claim is {state}: no new message is claimed",
                f"`aws lambda update-event-source-mapping --uuid {one['UUID']} --enabled`",
            )
        elif result.startswith("PROBLEM"):
            yield warning(f"the stream to claim had a problem last: {plain(result)}", "see claim's log")
        else:
            yield ok(f"the stream to claim is {state}; last: {result or 'nothing yet'}")


def schedules(deployed: Deployed) -> Iterator[Finding]:
    """The month's and the sweeper's, whether they are on, and when they are due."""
    for logical, what in (("MonthlySchedule", "the month's production"), ("SweeperSchedule", "the sweeper")):
        try:
            found = deployed.ask("scheduler", "get_schedule", Name=deployed.named(logical))
        except UnreadableError as error:
            if not error.missing:
                raise
            yield wrong(f"{what} has no schedule", PUT_BACK)
            continue
        expression, zone = found["ScheduleExpression"], found.get("ScheduleExpressionTimezone", "UTC")
        if found["State"] == "ENABLED":
            due = next_time(expression, ZoneInfo(zone), deployed.session.clock())
            yield ok(f"{what}: {expression} {zone}{f', next {when(due)}' if due else ''}")
        elif logical == "SweeperSchedule":
            yield wrong(
                "the sweeper's schedule is off: what gets stuck stays stuck",
                "enable it in EventBridge Scheduler's console",
            )
        elif deployed.by_airflow:
            yield ok(f"{what} is off: Airflow's DAG has a schedule of its own")
        else:
            yield warning(
                f"{what} is off ({expression} {zone})", "scheduleState: ENABLED in mail/stages.yml; or produce by hand"
            )


def machine(deployed: Deployed) -> Iterator[Finding]:
    """The state machine. Without its definition, which may be encrypted (source: sfn-key)."""
    arn = deployed.output("SendStateMachineArn")
    status = deployed.ask("stepfunctions", "describe_state_machine", stateMachineArn=arn, includedData="METADATA_ONLY")[
        "status"
    ]
    yield (
        ok("the state machine is ACTIVE") if status == "ACTIVE" else wrong(f"the state machine is {status}", PUT_BACK)
    )


def recursion(deployed: Deployed) -> Iterator[Finding]:
    """A month of several invocations is not stopped as a loop (source: lambda-recursion)."""
    name = deployed.output("ProducerFunctionName")
    loop = deployed.ask("lambda", "get_function_recursion_config", FunctionName=name)["RecursiveLoop"]
    if loop == "Allow":
        yield ok("the producer may start itself again")
    else:
        yield wrong(
            "Lambda ends the producer when it starts itself again: a large month stays incomplete",
            f"`aws lambda put-function-recursion-config --function-name {name} --recursive-loop Allow`",
        )
