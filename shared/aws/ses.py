"""Amazon SES: exactly one request for each ask, and what its answer means."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
)

from shared.errors import CampaignPausedError, SendRejectedError, SendUnavailableError, SendUncertainError
from shared.outbox.message import Message
from shared.redaction import redacted
from shared.rendering.addresses import from_header
from shared.rendering.handlebars import rendering_data
from shared.rendering.tags import tags
from shared.rendering.unsubscribing import Unsubscribing, variables
from shared.sending.refusals import refusal

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


@dataclass(frozen=True)
class Sender:
    """What each mail is sent from and tagged with, as the stack was deployed."""

    address: str
    """The From address, with or without a name, of messages that have none."""
    configuration_set: str
    stack: str


def _pairs(named: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in named.items()]


class Ses:
    """SES for sending. The client must have the SDK's retries off: see `wiring.ses`."""

    def __init__(self, client: "SESV2Client", sender: Sender, unsubscribing: Unsubscribing) -> None:
        self._client = client
        self._sender = sender
        self._unsubscribing = unsubscribing

    def request(self, message: Message) -> dict[str, Any]:
        """The whole SendEmail request. It is made before the message is SENDING. Raises SendUnavailableError."""
        named = tags(self._sender.stack, message.key, message.fence)
        link = self._unsubscribing.link(message.key.user_id)
        headers, options = self._unsubscribing.headers(link), self._unsubscribing.list_management
        return {
            "FromEmailAddress": from_header(message.sender or self._sender.address),
            **({"ReplyToAddresses": [message.reply_to]} if message.reply_to else {}),
            "Destination": {"ToAddresses": [message.email]},
            "Content": {
                "Template": {
                    "TemplateName": message.template,
                    "TemplateData": json.dumps(rendering_data({**message.data, **variables(link)}), ensure_ascii=False),
                    **({"Headers": _pairs(headers)} if headers else {}),
                }
            },
            "ConfigurationSetName": self._sender.configuration_set,
            "EmailTags": _pairs(named),
            **({"ListManagementOptions": options} if options else {}),
        }

    def send(self, request: dict[str, Any]) -> str:
        """As `ask`."""
        return ask(self._client, request)

    def forget_connections(self) -> None:
        """Drops pooled connections: one that died while the process was frozen would lose an answer."""
        self._client.close()


def ask(client: "SESV2Client", request: dict[str, Any]) -> str:
    """Asks SES once and returns its MessageId. The client must have the SDK's retries off.

    Each error says what the outcome means (sources in `refusals`), in words that name no recipient: they go into
    logs, histories and the reason of a pause. SendThrottledError, SendUnavailableError, UnfitProcessError,
    DailyQuotaError, CampaignPausedError, SendRejectedError: definitely not sent. SendUncertainError: it may have
    been sent, as after every error that is not known.
    """
    recipients = request["Destination"]["ToAddresses"]

    def told(said: object) -> str:
        return redacted(said, *recipients, keep=request["FromEmailAddress"])

    try:
        return client.send_email(**request)["MessageId"]
    except ClientError as error:
        said = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        text = said.get("Message", "")
        raise refusal(said.get("Code", ""), text, status, told(text)) from error
    except (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError) as error:
        raise SendUnavailableError(f"SES was not reached: {error}") from error
    except ParamValidationError as error:
        raise SendRejectedError(f"the SDK refused the request: {_without_values(error)}") from error
    except NoCredentialsError as error:
        raise CampaignPausedError(f"the function has no credentials for SES: {error}") from error
    except Exception as error:
        raise SendUncertainError(f"the answer of SES was lost: {type(error).__name__}: {told(error)}") from error


def _without_values(error: ParamValidationError) -> str:
    """Which parameters are wrong, without their values: one is the recipient."""
    return "; ".join(line.partition(", value")[0] for line in str(error.kwargs["report"]).splitlines())
