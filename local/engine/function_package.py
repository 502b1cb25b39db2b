"""What a function is made of: its unpacked files and its environment variables."""

import hashlib
import os
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

from ministack.core.lambda_runtime import _account_region_from_function_config, execution_credentials

_unpacking = threading.Lock()


def unpacked(package: bytes) -> Path:
    """The directory with the package's files, read by every worker of that package, unpacked once."""
    target = Path(tempfile.gettempdir()) / "packages" / hashlib.sha256(package).hexdigest()[:32]
    with _unpacking:
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            archive = target.with_suffix(".zip")
            archive.write_bytes(package)
            partial = target.with_suffix(".partial")
            zipfile.ZipFile(archive).extractall(partial)
            partial.rename(target)
            archive.unlink()
    return target


def environment_of(config: dict[str, Any], code: Path) -> dict[str, str]:
    """What AWS defines for a function, the function's own variables, and nothing of this machine but PATH.

    Source: Lambda developer guide, "Defined runtime environment variables".
    """
    _account, region = _account_region_from_function_config(config)
    name, version = config["FunctionName"], config.get("Version", "$LATEST")
    own = config.get("Environment", {}).get("Variables", {})
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        **own,
        # After the function's own: whatever it says, it cannot reach another AWS.
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        **execution_credentials(config),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', 'python3.13')}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[{version}]{os.urandom(16).hex()}",
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": config.get("Handler", ""),
    }
