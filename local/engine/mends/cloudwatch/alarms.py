"""An alarm's state follows from its metric, minute by minute, and tells its topic when it changes.

AWS (alarm-missing, alarm-window, alarm-dynamodb, alarm-set): an alarm is evaluated again and again, on the metric with exactly
its dimensions, on so many whole periods as it says, of which so many have to breach; what is missing counts as TreatMissingData
says, and alarms on AWS/DynamoDB ignore it always. A state that was set by hand lasts until the next evaluation.

MiniStack evaluates an alarm only when PutMetricData or PutMetricAlarm comes, on all dimensions and all periods at once, and
treats no missing data. Decided here, as no page is clear (**to confirm**): an alarm that has just started and has measured
nothing has insufficient data until the periods that it evaluates have passed, also where missing data breaches. And unlike AWS,
where a set state is gone within seconds, it lasts for the alarm's period, so that it can be looked at.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any

from ministack.services import cloudwatch

from local.engine import alarm_rules
from local.engine.alarm_rules import INSUFFICIENT_DATA, LOOKS_BACK, Rule
from local.engine.mending import replace
from local.engine.mends.cloudwatch import points
from local.engine.mends.cloudwatch.points import MINUTE
from local.engine.mends.cloudwatch.series import by_period, of_unit, statistic

Alarm = dict[str, Any]
_evaluating = threading.Lock()
_set_until: dict[str, float] = {}
"""Until when an alarm keeps the state that was set by hand, by its ARN."""


def evaluate(alarm: Alarm) -> None:
    """Find the alarm's state as of the last whole minute, one at a time, so that a change is told once."""
    with _evaluating:
        _evaluate(alarm, time.time())


def _evaluate(alarm: Alarm, now: float) -> None:
    """Alarms on metric math stay as they are."""
    if not alarm.get("MetricName") or _set_until.get(alarm["AlarmArn"], 0) > now:
        return
    data = _data(alarm, int(now // MINUTE * MINUTE))
    state = alarm_rules.state(_rule(alarm), [_breaches(alarm, value) for value in data], alarm["StateValue"])
    if _has_just_started(alarm, data, now):
        state = alarm["StateValue"]
    if state != alarm["StateValue"]:
        _change(alarm, state, _reason(alarm, data, state), now)


def _data(alarm: Alarm, end: int) -> list[float | None]:
    """One value for each period that is looked at, oldest first."""
    period = alarm["Period"]
    start = end - period * (alarm["EvaluationPeriods"] + LOOKS_BACK)
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    measured = of_unit(points.of_metric(alarm["Namespace"], alarm["MetricName"], dimensions), alarm.get("Unit"))
    found = by_period(measured, start, end, period)
    name = alarm.get("ExtendedStatistic") or alarm["Statistic"]
    return [statistic(found.get(at, []), name) for at in range(start, end, period)]


def _rule(alarm: Alarm) -> Rule:
    missing = "ignore" if alarm["Namespace"] == "AWS/DynamoDB" else alarm["TreatMissingData"]
    evaluated = alarm["EvaluationPeriods"]
    return Rule(evaluated, alarm.get("DatapointsToAlarm") or evaluated, missing)


def _breaches(alarm: Alarm, value: float | None) -> bool | None:
    if value is None:
        return None
    threshold = alarm["Threshold"]
    return {
        "GreaterThanOrEqualToThreshold": value >= threshold,
        "GreaterThanThreshold": value > threshold,
        "LessThanThreshold": value < threshold,
        "LessThanOrEqualToThreshold": value <= threshold,
    }.get(alarm["ComparisonOperator"])


def _has_just_started(alarm: Alarm, data: Sequence[float | None], now: float) -> bool:
    evaluates_s = alarm["Period"] * alarm["EvaluationPeriods"]
    young = now - alarm["AlarmConfigurationUpdatedTimestamp"] < evaluates_s
    return young and alarm["TreatMissingData"] == "breaching" and all(value is None for value in data)


def _reason(alarm: Alarm, data: Sequence[float | None], state: str) -> str:
    measured = [value for value in data if value is not None][-alarm["EvaluationPeriods"] :]
    if state == INSUFFICIENT_DATA:
        return "Insufficient Data: nothing was measured"
    return (
        f"Threshold Crossed: {measured or 'nothing'} was measured: {alarm['ComparisonOperator']} ({alarm['Threshold']})"
    )


def _change(alarm: Alarm, state: str, reason: str, now: float) -> None:
    before = alarm["StateValue"]
    alarm["StateValue"], alarm["StateReason"] = state, reason
    alarm["StateUpdatedTimestamp"] = alarm["StateTransitionedTimestamp"] = int(now)
    cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _watch() -> None:
    """Evaluate all alarms a second after each minute begins, for ever."""
    while True:
        time.sleep(MINUTE + 1 - time.time() % MINUTE)
        cloudwatch._evaluate_all_alarms()


def mend() -> None:
    """Evaluate by the rules: each minute, and whenever alarms are described, so that nobody sees an outdated state."""

    def set_state(params: Any, request: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        answer = stock_set(params, request, is_cbor, is_json)
        alarm = cloudwatch._alarms.get(request.get("AlarmName") or cloudwatch._p(params, "AlarmName"))
        if alarm:
            _set_until[alarm["AlarmArn"]] = time.time() + alarm["Period"]
        return answer

    def describe(*arguments: Any) -> Any:
        cloudwatch._evaluate_all_alarms()
        return stock_describe(*arguments)

    replace(cloudwatch, "_evaluate_alarm", evaluate)
    stock_set = replace(cloudwatch, "_set_alarm_state", set_state)
    stock_describe = replace(cloudwatch, "_describe_alarms", describe)
    threading.Thread(target=_watch, name="alarms", daemon=True).start()
