"""No AWS tool that is started here can reach, or be led astray by, anything but the embedded AWS."""

import os
from collections.abc import Mapping

import boto3
import botocore.session

from local.stack.embedded_aws import REGION

_OF_A_REAL_ACCOUNT = ("AWS_", "SLS_", "SERVERLESS_")
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})


def isolated(environment: Mapping[str, str], url: str) -> dict[str, str]:
    """`environment` without a trace of a real account, pointing at the embedded AWS on `url`.

    Profiles, credentials, ~/.aws and proxies are out of sight; everything speaks to loopback only.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(_OF_A_REAL_ACCOUNT) and name.lower() not in _PROXIES
    }
    return {**kept, **credentials(url), "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def credentials(url: str) -> dict[str, str]:
    """What a shell, the AWS CLI or an SDK needs to speak to the embedded AWS on `url`."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def session() -> boto3.session.Session:
    """A session with the dummy credentials that sees neither AWS_PROFILE nor ~/.aws."""
    hidden = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.session.Session(
        aws_access_key_id="local",
        aws_secret_access_key="local",
        region_name=REGION,
        botocore_session=botocore.session.Session(session_vars=hidden),
    )
