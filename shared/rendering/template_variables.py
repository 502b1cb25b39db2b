"""The variables that each template needs, kept in the control table: GetEmailTemplate may be called once a second only."""

from collections.abc import Callable, Collection, Sequence

from shared.rendering.handlebars import places, required_variables
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
                variables = sorted(required_variables(self._read_parts(name)))
                absent = Term("variables", "absent")
                self._store.write(Write({"name": f"template#{name}"}, ((absent,),), {"variables": variables}))
                item = {"variables": variables}
            self._known[name] = frozenset(item["variables"])
        return self._known[name]

    def places(self, name: str, files: Sequence[str], variables: Collection[str]) -> list[str]:
        """Where the template, made of these files, names each variable first: its file and line."""
        return places(files, self._read_parts(name), variables)
