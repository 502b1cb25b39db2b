"""The variables that each template needs, kept in the control table: GetEmailTemplate may be called once a second only."""

from collections.abc import Callable

from shared.rendering.handlebars import required_variables
from shared.rendering.mail_kind import MailTemplate
from shared.store import Store, Term, Write


class TemplateVariables:
    """A template's name holds its content's hash, so the variables of a name never change and are cached for ever.

    Raises RenderError if SES has no such template, SendUnavailableError, StoreUnavailableError.
    """

    def __init__(self, store: Store, read_parts: Callable[[str], tuple[str, ...]]) -> None:
        self._store = store
        self._read_parts = read_parts
        self._known: dict[str, frozenset[str]] = {}

    def required(self, name: str) -> frozenset[str]:
        """The variables without which SES can't render the template."""
        if name not in self._known:
            item = self._store.get({"name": f"template#{name}"})
            if item is None:
                self._keep(name, required_variables(self._read_parts(name)))
            else:
                self._known[name] = frozenset(item["variables"])
        return self._known[name]

    def of(self, template: MailTemplate) -> frozenset[str]:
        """The same of one whose parts are at hand, before SES has it."""
        if template.name not in self._known:
            self._keep(template.name, required_variables(template.parts))
        return self._known[template.name]

    def _keep(self, name: str, variables: frozenset[str]) -> None:
        absent = Term("variables", "absent")
        self._store.write(Write({"name": f"template#{name}"}, ((absent,),), {"variables": sorted(variables)}))
        self._known[name] = variables
