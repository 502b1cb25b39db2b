"""AWS::SES::Template in CloudFormation.

A template is created, updated in place, replaced when its TemplateName changes, and deleted unless a policy
retains it; Ref and the attribute Id are its name. Creating one whose name is taken fails the stack, a
template that an earlier deployment retained included. Sources: CloudFormation template reference,
AWS::SES::Template; SES API reference, AlreadyExists.

Stock MiniStack refuses every stack that has this type.
"""

from typing import Any

from ministack.services import ses
from ministack.services.cloudformation import provisioners

from local.engine.mending import MendTargetMissingError
from local.engine.mends.ses import templates

TYPE = "AWS::SES::Template"
_PARTS = ("SubjectPart", "TextPart", "HtmlPart")
_MOST_NAME_CHARACTERS = 64
Created = tuple[str, dict[str, str]]


def mend() -> None:
    """Register the type beside MiniStack's own SES types."""
    if "AWS::SES::ConfigurationSet" not in provisioners._RESOURCE_HANDLERS:
        raise MendTargetMissingError(
            "MiniStack's CloudFormation has no table of resource types. See local/engine/pin.py."
        )
    provisioners._RESOURCE_HANDLERS[TYPE] = {
        "create": _create,
        "update": _update,
        "update_with_logical_id": True,
        "delete": _delete,
    }


def _create(logical_id: str, properties: dict[str, Any], stack_name: str) -> Created:
    name = _declared_name(properties) or provisioners._physical_name(
        stack_name, logical_id, max_len=_MOST_NAME_CHARACTERS
    )
    if name in ses._templates:
        raise ValueError(f"Resource of type '{TYPE}' with identifier '{name}' already exists.")
    _store(name, properties)
    return name, {"Id": name}


def _update(name: str, old: dict[str, Any], new: dict[str, Any], stack_name: str, logical_id: str) -> Created:
    generated = None if _declared_name(old) else name
    replaced: Created | None = provisioners._rename_replacement(
        name,
        old,
        new,
        stack_name,
        logical_id,
        _declared_name(new) or generated,
        name if name in ses._templates else None,
        _create,
        _delete,
    )
    if replaced:
        return replaced
    _store(name, new)
    return name, {"Id": name}


def _delete(name: str, _properties: dict[str, Any]) -> None:
    ses._templates.pop(name, None)


def _declared_name(properties: dict[str, Any]) -> str | None:
    return (properties.get("Template") or {}).get("TemplateName")


def _store(name: str, properties: dict[str, Any]) -> None:
    parts = {part: str((properties.get("Template") or {}).get(part) or "") for part in _PARTS}
    if not parts["SubjectPart"]:
        raise ValueError(f"{TYPE}: the property Template.SubjectPart is required.")
    templates.check(parts)
    created = ses._templates.get(name, {"CreatedTimestamp": ses._iso_now(), "Tags": properties.get("Tags") or []})
    ses._templates[name] = {**created, "TemplateName": name, **parts}
