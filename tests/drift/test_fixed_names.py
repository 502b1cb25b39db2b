"""docs/names.md ↔ the packaged template: each resource with a fixed name stands there, with why, and nothing else does.

A fixed name is what a stack that is gone, or a deployment that failed, may leave in the next one's way.
"""

import re
from collections.abc import Iterator
from typing import Any

from tests.drift.conftest import Packaged
from tests.drift.documents import ROOT

STAGE = "local"
TABLE = re.findall(r"^\| (`.+)", (ROOT / "docs/names.md").read_text(), re.MULTILINE)


def names(resource: dict[str, Any]) -> Iterator[Any]:
    """The resource's own, at the head of its properties or in a structure there, such as TableInput."""
    own = {"Name", f"{resource['Type'].rpartition('::')[2]}Name"}
    structures = [value for value in resource["Properties"].values() if isinstance(value, dict)]
    for properties in (resource["Properties"], *structures):
        yield from (value for key, value in properties.items() if key in own)


def test_each_fixed_name_is_told(packaged: Packaged) -> None:
    told = {one for row in TABLE for one in re.findall(r"`(\w+)`", row.partition(" | ")[0])}
    fixed = {logical_id for logical_id, resource in packaged.resources.items() if list(names(resource))}
    assert {one.replace("STAGE", STAGE) for one in told} == fixed


def test_each_says_why_it_is_fixed() -> None:
    assert TABLE
    assert all(row.split(" | ")[2].strip() for row in TABLE)


def test_what_is_known_by_its_logical_id_alone_has_no_name(packaged: Packaged) -> None:
    """Names of IAM and S3 are the account's or the world's, not a region's; of tables and queue see ADR 23."""
    unnamed = {"AWS::IAM::Role", "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue"}
    found = [resource for resource in packaged.resources.values() if resource["Type"] in unnamed]
    assert {resource["Type"] for resource in found} == unnamed
    assert [name for resource in found for name in names(resource)] == []
