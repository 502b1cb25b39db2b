"""AWS::SES::Template in CloudFormation (source: CloudFormation template reference)."""

import json
from typing import Any

import pytest

from tests.conformance.account import Account, eventually, fresh
from tests.conformance.ses_account import SesAccount


class Stack:
    """A stack of one template."""

    def __init__(self, ses: SesAccount) -> None:
        self.name = fresh("stack")
        self._stacks = ses.client("cloudformation")

    def deploy(self, template_name: str | None, subject: str = "Usage", **attributes: str) -> str:
        """Create or update the stack, and the status in which it settles."""
        content = {"SubjectPart": subject, "HtmlPart": "<p>{{n}}</p>"}
        if template_name:
            content["TemplateName"] = template_name
        resource = {"Type": "AWS::SES::Template", "Properties": {"Template": content}, **attributes}
        outputs = {"Name": {"Value": {"Ref": "Mail"}}, "Id": {"Value": {"Fn::GetAtt": ["Mail", "Id"]}}}
        body = json.dumps({"Resources": {"Mail": resource}, "Outputs": outputs})
        exists = any(stack["StackName"] == self.name for stack in self._stacks.describe_stacks()["Stacks"])
        act = self._stacks.update_stack if exists else self._stacks.create_stack
        act(StackName=self.name, TemplateBody=body)
        return self.settled()

    def settled(self) -> str:
        """The stack's status once nothing is in progress."""
        return eventually(lambda: s if not (s := str(self._describe()["StackStatus"])).endswith("_PROGRESS") else "")

    def outputs(self) -> dict[str, str]:
        """The stack's outputs by key."""
        return {output["OutputKey"]: output["OutputValue"] for output in self._describe()["Outputs"]}

    def delete(self) -> None:
        """Delete the stack and wait until it is gone."""
        identifier = self._describe()["StackId"]
        self._stacks.delete_stack(StackName=self.name)
        gone = {"DELETE_COMPLETE", "DELETE_FAILED"}
        eventually(lambda: self._stacks.describe_stacks(StackName=identifier)["Stacks"][0]["StackStatus"] in gone)

    def _describe(self) -> dict[str, Any]:
        stack: dict[str, Any] = self._stacks.describe_stacks(StackName=self.name)["Stacks"][0]
        return stack


@pytest.fixture
def ses(aws: Account) -> SesAccount:
    """An account of its own."""
    return SesAccount(aws)


def template_names(ses: SesAccount) -> set[str]:
    """The templates that SES has stored."""
    return {found["TemplateName"] for found in ses.v2.list_email_templates(PageSize=100)["TemplatesMetadata"]}


def test_ref_is_the_name(ses: SesAccount) -> None:
    """Ref and the attribute Id are the template's name, and SES has its content."""
    stack, name = Stack(ses), fresh("template")
    assert stack.deploy(name) == "CREATE_COMPLETE"
    assert stack.outputs() == {"Name": name, "Id": name}
    content = ses.v2.get_email_template(TemplateName=name)["TemplateContent"]
    assert (content["Subject"], content["Html"]) == ("Usage", "<p>{{n}}</p>")


def test_a_name_is_generated(ses: SesAccount) -> None:
    """Without a TemplateName CloudFormation makes one up."""
    stack = Stack(ses)
    assert stack.deploy(None) == "CREATE_COMPLETE"
    assert template_names(ses) == {stack.outputs()["Name"]}


def test_content_is_updated_in_place(ses: SesAccount) -> None:
    """A changed SubjectPart needs no replacement."""
    stack, name = Stack(ses), fresh("template")
    stack.deploy(name)
    assert stack.deploy(name, "Your usage") == "UPDATE_COMPLETE"
    assert ses.v2.get_email_template(TemplateName=name)["TemplateContent"]["Subject"] == "Your usage"


def test_a_new_name_replaces_the_template(ses: SesAccount) -> None:
    """A changed TemplateName makes a new template and deletes the old one."""
    stack, old, new = Stack(ses), fresh("template"), fresh("template")
    stack.deploy(old)
    assert stack.deploy(new) == "UPDATE_COMPLETE"
    assert stack.outputs()["Name"] == new
    assert template_names(ses) == {new}


def test_a_replaced_template_can_be_retained(ses: SesAccount) -> None:
    """With UpdateReplacePolicy Retain the old template stays, for the messages that still need it."""
    stack, old, new = Stack(ses), fresh("template"), fresh("template")
    stack.deploy(old, UpdateReplacePolicy="Retain")
    assert stack.deploy(new, UpdateReplacePolicy="Retain") == "UPDATE_COMPLETE"
    assert template_names(ses) == {old, new}


@pytest.mark.parametrize(("policy", "stays"), [("Delete", False), ("Retain", True)])
def test_a_deleted_stack_keeps_what_its_policy_retains(ses: SesAccount, policy: str, stays: bool) -> None:
    """DeletionPolicy decides whether the template outlives its stack."""
    stack, name = Stack(ses), fresh("template")
    assert stack.deploy(name, DeletionPolicy=policy) == "CREATE_COMPLETE"
    stack.delete()
    assert (name in template_names(ses)) is stays


def test_a_taken_name_fails_the_stack(ses: SesAccount) -> None:
    """A template of that name exists already, so the creation fails and is rolled back."""
    stack, name = Stack(ses), ses.template()
    assert stack.deploy(name) == "ROLLBACK_COMPLETE"
    assert ses.v2.get_email_template(TemplateName=name)["TemplateContent"]["Subject"] == "Usage"


def test_what_is_no_handlebars_fails_the_stack(ses: SesAccount) -> None:
    """SES refuses the template, so the stack fails with SES's reason."""
    stack = Stack(ses)
    assert stack.deploy(fresh("template"), "{{#if") == "ROLLBACK_COMPLETE"
    events = ses.client("cloudformation").describe_stack_events(StackName=stack.name)["StackEvents"]
    assert any("not valid" in event.get("ResourceStatusReason", "") for event in events)


def test_a_stack_can_carry_events(ses: SesAccount) -> None:
    """The identity, configuration set, event destination and template of one stack work together."""
    name = fresh("stack")
    bus = {"Fn::Sub": "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"}
    destination = {
        "Name": "bus",
        "Enabled": True,
        "MatchingEventTypes": ["send", "renderingFailure"],
        "EventBridgeDestination": {"EventBusArn": bus},
    }
    body = {
        "Resources": {
            "Set": {"Type": "AWS::SES::ConfigurationSet", "Properties": {"Name": name}},
            "Identity": {"Type": "AWS::SES::EmailIdentity", "Properties": {"EmailIdentity": "example.net"}},
            "Events": {
                "Type": "AWS::SES::ConfigurationSetEventDestination",
                "Properties": {"ConfigurationSetName": {"Ref": "Set"}, "EventDestination": destination},
            },
            "Mail": {
                "Type": "AWS::SES::Template",
                "Properties": {"Template": {"TemplateName": name, "SubjectPart": "s", "TextPart": "{{n.m}}"}},
            },
        }
    }
    stacks = ses.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(body))
    done = {"CREATE_COMPLETE", "CREATE_FAILED", "ROLLBACK_COMPLETE"}
    status = eventually(lambda: {stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]} & done)
    assert status == {"CREATE_COMPLETE"}
    message_id = ses.send_template(name, {"n": {"m": 1}}, FromEmailAddress="a@example.net", ConfigurationSetName=name)
    assert ses.mail(message_id)["BodyText"] == "1"
