"""Where AWS itself shows a message: its execution, and its lines in the logs. On the embedded AWS: its inbox.

AWS documents neither address; they are as its console writes them (source: console-addresses).
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from ops.aws import Stage
from shared.keys import Key, to_tag
from shared.store import Item
from shared.times import to_text

_FUNCTIONS = ("Producer", "Claim", "Send", "Sweeper", "Feedback")
_EXECUTION = re.compile(r"[A-Za-z0-9_-]{1,80}")
_AROUND = timedelta(hours=1)
_HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-cn": "console.amazonaws.cn",
}


@dataclass(frozen=True)
class Link:
    name: str
    address: str


def links(stage: Stage, key: Key, item: Item, times: Sequence[datetime]) -> list[Link]:
    """`item` may have been edited into anything. `times`: when something happened to it; the logs are searched around them."""
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        return [
            Link(
                "Its mails in the embedded AWS's inbox",
                f"{endpoint}/_onlyonce/mail?q={quote(to_tag(key.user_id), safe='')}",
            )
        ]
    machine = stage.outputs.get("SendStateMachineArn", "").split(":")
    if len(machine) != 7 or machine[1] not in _HOSTS:
        return []
    console = f"https://{machine[3]}.{_HOSTS[machine[1]]}"
    found = [Link("Its lines in the logs", _logs(console, machine[3], stage, key, times))] if times else []
    execution = str(item.get("execution", ""))
    if _EXECUTION.fullmatch(execution) and not stage.by_airflow:
        arn = ":".join([*machine[:5], "execution", machine[6], execution])
        found.append(
            Link("Its last execution", f"{console}/states/home?region={machine[3]}#/v2/executions/details/{arn}")
        )
    return found


def _logs(console: str, region: str, stage: Stage, key: Key, times: Sequence[datetime]) -> str:
    names = [stage.outputs[f"{one}FunctionName"] for one in _FUNCTIONS if f"{one}FunctionName" in stage.outputs]
    parts = {
        "end": _text(to_text(max(times) + _AROUND)),
        "start": _text(to_text(min(times) - _AROUND)),
        "timeType": _text("ABSOLUTE"),
        "editorString": _text(
            f"fields @timestamp, @log, @message\n| filter @message like '{key.message_id}'\n| sort @timestamp"
        ),
        "source": f"~({''.join('~' + _text(f'/aws/lambda/{name}') for name in names)})".removeprefix("~"),
    }
    detail = f"~({'~'.join(f'{name}~{value}' for name, value in parts.items())})"
    packed = re.sub(r"[~()']", lambda sign: f"$25{ord(sign[0]):02X}", detail)
    return f"{console}/cloudwatch/home?region={region}#logsV2:logs-insights$3FqueryDetail$3D{packed}"


def _text(value: str) -> str:
    return "'" + re.sub(
        r"[^\w.-]", lambda sign: "".join(f"*{byte:02x}" for byte in sign[0].encode()), value, flags=re.ASCII
    )
