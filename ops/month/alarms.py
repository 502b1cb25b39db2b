"""The stack's alarms, as CloudWatch has them."""

import re
from collections.abc import Sequence

from ops.formatting import plain
from ops.month.view import Ringing
from ops.questions import pages
from ops.session import Session


def alarms(session: Session) -> Sequence[Ringing]:
    """Those that ring first. Raises UnreadableError."""
    stack = session.stage.name
    ours = re.compile(rf"{re.escape(stack)}-([A-Za-z0-9]+Alarm)-\w+")
    """CloudFormation's name: stack, logical id, something random. Another stage's name may begin like this one's."""
    asked = pages(session.read, "cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{stack}-")
    named = ((ours.fullmatch(one["AlarmName"]), one) for one in asked)
    found = [
        Ringing(
            name[1],
            one["StateValue"],
            one.get("StateUpdatedTimestamp"),
            plain(one.get("AlarmDescription", ""), reveal=True),
        )
        for name, one in named
        if name
    ]
    return sorted(found, key=lambda one: (one.state != "ALARM", one.name))
