"""What the checks look at: a stage, by its session, and the resources of its stack."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from ops.errors import UnreadableError
from ops.questions import Ask, pages
from ops.session import Session

FUNCTIONS = ("Producer", "Claim", "Send", "Sweeper", "Feedback")


class Once:
    """Asks each question once, however many threads want its answer."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)
        self._taking = Lock()
        self._answers: dict[str, dict[str, Any]] = {}

    def __call__(self, service: str, operation: str, **given: Any) -> dict[str, Any]:
        question = json.dumps([service, operation, given], sort_keys=True)
        with self._taking:
            turn = self._turns[question]
        with turn:
            if question not in self._answers:
                self._answers[question] = self._ask(service, operation, **given)
            return self._answers[question]


@dataclass(frozen=True)
class Deployed:
    """A stage under examination."""

    session: Session
    ask: Ask

    @classmethod
    def of(cls, session: Session) -> "Deployed":
        return cls(session, Once(session.read))

    @property
    def stack(self) -> str:
        return self.session.stage.name

    @property
    def outputs(self) -> Mapping[str, str]:
        return self.session.stage.outputs

    def output(self, name: str) -> str:
        try:
            return self.outputs[name]
        except KeyError:
            raise UnreadableError(f"the stack has no output {name}: deploy this version first") from None

    @property
    def by_airflow(self) -> bool:
        """Whether Airflow produces and sends, and not the functions."""
        return self.session.stage.by_airflow

    def function(self, name: str) -> dict[str, Any]:
        """The configuration of one of FUNCTIONS."""
        return self.ask("lambda", "get_function_configuration", FunctionName=self.output(f"{name}FunctionName"))

    def variables(self, name: str) -> Mapping[str, str]:
        """The environment of one of FUNCTIONS."""
        told: Mapping[str, str] = self.function(name).get("Environment", {}).get("Variables", {})
        return told

    @property
    def resources(self) -> Mapping[str, tuple[str, str]]:
        """By logical id: type and physical id."""
        found = pages(
            self.ask, "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=self.stack
        )
        return {one["LogicalResourceId"]: (one["ResourceType"], one.get("PhysicalResourceId", "")) for one in found}

    def named(self, logical_id: str) -> str:
        """The physical id."""
        resources = self.resources
        if logical_id not in resources:
            raise UnreadableError(f"the stack has no {logical_id}: deploy it again")
        return resources[logical_id][1]

    def of_type(self, kind: str) -> Mapping[str, str]:
        """Every resource of that type: logical id and physical id."""
        return {name: physical for name, (of, physical) in self.resources.items() if of == kind}
