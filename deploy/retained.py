"""What a removed stack has left behind, for a new one to take over: a CloudFormation template of just these resources, and
their names, both for a change set of the type IMPORT (docs/deploying.md).
"""

import argparse
import json
from pathlib import Path

PACKAGED = Path(".serverless/cloudformation-template-update-stack.json")
IDENTIFIERS = {
    "OutboxTable": ("AWS::DynamoDB::Table", "TableName"),
    "ControlTable": ("AWS::DynamoDB::Table", "TableName"),
    "UnsubscribedTable": ("AWS::DynamoDB::Table", "TableName"),
    "UsageBucket": ("AWS::S3::Bucket", "BucketName"),
}
"""Logical id: type, and what names one of them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in IDENTIFIERS:
        parser.add_argument(name, help=f"the name of the {name} that is there")
    parser.add_argument("--packaged", type=Path, default=PACKAGED, help="the template that osls package has made")
    given = parser.parse_args()
    resources = json.loads(given.packaged.read_text())["Resources"]
    template = {"Resources": {name: resources[name] for name in IDENTIFIERS}}
    (given.packaged.parent / "retained.json").write_text(json.dumps(template, indent=2))
    (given.packaged.parent / "to-import.json").write_text(
        json.dumps([_entry(name, getattr(given, name)) for name in IDENTIFIERS], indent=2)
    )


def _entry(logical_id: str, name: str) -> dict[str, object]:
    kind, identifier = IDENTIFIERS[logical_id]
    return {"ResourceType": kind, "LogicalResourceId": logical_id, "ResourceIdentifier": {identifier: name}}


if __name__ == "__main__":
    main()
