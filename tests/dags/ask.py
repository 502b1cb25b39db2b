"""Run in Airflow's environment: asks SES for one mail as the DAG's tasks do, and tells what came of it."""

import boto3

from dags.ses_of_threads import SesOfThreads
from shared import wiring
from shared.aws.ses import Sender
from shared.errors import OnlyonceError
from shared.rendering.unsubscribing import Unsubscribing

READ_TIMEOUT_S = 0.3
REQUEST = {
    "FromEmailAddress": "usage@example.com",
    "Destination": {"ToAddresses": ["ann@example.com"]},
    "Content": {"Template": {"TemplateName": "usage", "TemplateData": "{}"}},
}

if __name__ == "__main__":
    wiring.run_on(wiring.Platform({}, lambda: boto3.session.Session("key", "secret", region_name="us-east-1")))
    sender, way_out = Sender("usage@example.com", "set", "stack"), Unsubscribing("none")
    ses = SesOfThreads(lambda: wiring.new_ses(sender, way_out, READ_TIMEOUT_S))
    try:
        print("sent", ses.send(REQUEST))
    except OnlyonceError as error:
        print(type(error).__name__)
