"""What a caller meets when AWS is unavailable."""

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, ReadTimeoutError

from shared.errors import AthenaUnavailableError, StoreUnavailableError

URL = "https://aws.test"


def outage(operation: str, *, carried_out: bool) -> Exception:
    """The error that reaches the caller of this call, after the SDK's own retries where it has any: AWS was not
    reached, or has carried the call out and its answer is lost for good.

    A table and Athena are faked at our adapter, which raises an error of ours; the others at the SDK's client, which
    raises one of its own (source: botocore.exceptions). StartExecution is refused as when too many are started.
    """
    service, _, call = operation.partition(".")
    match service:
        case "outbox" | "control":
            return StoreUnavailableError(f"{call}: {_of_the_sdk(carried_out)}")
        case "athena":
            return AthenaUnavailableError(f"Athena, {call}: {_of_the_sdk(carried_out)}")
        case "states" if not carried_out:
            return _throttled(call)
    return _of_the_sdk(carried_out)


def _of_the_sdk(carried_out: bool) -> BotoCoreError:
    return ReadTimeoutError(endpoint_url=URL) if carried_out else EndpointConnectionError(endpoint_url=URL)


def _throttled(call: str) -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, call)
