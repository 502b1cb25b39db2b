"""Event source mappings of DynamoDB streams retry, split, discard and run in parallel as on AWS.

The AWS rules stand in stream_batch.py and stream_mapping.py. MiniStack retries a failed batch for ever, in one thread
for all mappings, and ignores batchItemFailures, MaximumRetryAttempts, BisectBatchOnFunctionError,
ParallelizationFactor and MaximumBatchingWindowInSeconds; it makes batches of 10 where AWS makes them of 100, and
leaves AWS's defaults out of what it returns.
"""

import json
import time
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import new_uuid
from ministack.services import eventbridge, lambda_svc, sns
from ministack.services.cloudformation import provisioners

from local.engine.mending import replace
from local.engine.stream_batch import Discard
from local.engine.stream_mapping import StreamMapping

DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "MaximumRetryAttempts": -1,
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "TumblingWindowInSeconds": 0,
    "DestinationConfig": {"OnFailure": {}},
    "FunctionResponseTypes": [],
}
_running: dict[str, StreamMapping] = {}


def with_defaults(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a new mapping, completed with AWS's defaults if its source is a DynamoDB stream."""
    return {**DEFAULTS, **settings} if reads_dynamodb(settings) else settings


def reads_dynamodb(settings: dict[str, Any]) -> bool:
    """Whether the mapping's source is a DynamoDB stream."""
    return str(settings.get("EventSourceArn", "")).startswith("arn:aws:dynamodb:")


def start_new_mappings() -> bool:
    """Give every mapping its threads; called by MiniStack's poller, which has nothing else to do for them."""
    for account, region, mapping in lambda_svc._iter_all_esms():
        identity = mapping["UUID"]
        if reads_dynamodb(mapping) and identity not in _running:
            stream_mapping = StreamMapping(account, region, mapping, notify_on_failure)
            if not stream_mapping.ended:
                _running[identity] = stream_mapping
                stream_mapping.start()
    for identity in [identity for identity, mapping in _running.items() if mapping.ended]:
        del _running[identity]
    return False


def notify_on_failure(mapping: dict[str, Any], discard: Discard) -> None:
    """Tell the OnFailure destination which records were given up: where they are, not what they hold.

    Source: Lambda developer guide, "Retaining discarded records for a DynamoDB event source in Lambda".
    """
    destination = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if not destination:
        return
    first, last = discard.records[0]["dynamodb"], discard.records[-1]["dynamodb"]
    response = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": discard.function_error}
    notice = json.dumps(
        {
            "requestContext": {
                "requestId": new_uuid(),
                "functionArn": mapping["FunctionArn"],
                "condition": discard.condition,
                "approximateInvokeCount": discard.invocations,
            },
            "responseContext": response if discard.invocations else None,
            "version": "1.0",
            "timestamp": _iso(time.time()),
            "DDBStreamBatchInfo": {
                "shardId": "shardId-00000000000000000000-00000000",
                "startSequenceNumber": first["SequenceNumber"],
                "endSequenceNumber": last["SequenceNumber"],
                "approximateArrivalOfFirstRecord": _iso(first["ApproximateCreationDateTime"]),
                "approximateArrivalOfLastRecord": _iso(last["ApproximateCreationDateTime"]),
                "batchSize": len(discard.records),
                "streamArn": mapping["EventSourceArn"],
            },
        }
    )
    spec = parse_arn(destination)
    if spec.service == "sqs":
        eventbridge._dispatch_to_sqs(spec, notice)
    else:
        sns._fanout(destination, new_uuid(), notice, "", "", {})


def _iso(epoch_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch_s))


def mend() -> None:
    """Replace the poller's part for DynamoDB streams and complete the mappings' defaults."""
    replace(lambda_svc, "_poll_dynamodb_streams", start_new_mappings)
    stock_create = lambda_svc._create_esm
    replace(lambda_svc, "_create_esm", lambda settings: stock_create(with_defaults(settings)))

    resource = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    provision = resource["create"]

    def provision_with_defaults(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        return provision(logical_id, with_defaults(properties), stack_name)

    resource["create"] = provision_with_defaults
