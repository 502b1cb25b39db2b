"""completion: what a shell needs to complete the commands, their options and the words that these take."""

from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console

from ops.commands.order import Unstaged, add

Shell = Annotated[Literal["bash", "zsh", "fish"], Parameter(help="bash, zsh or fish")]


def add_to(app: App) -> None:
    def completion(shell: Shell, /) -> Unstaged:
        """Print a script that lets your shell complete commands and options (docs/operating.md)."""

        def carry_out(console: Console) -> int:
            print(app.generate_completion(prog_name=app.name[0], shell=shell), file=console.file)
            return 0

        return Unstaged(carry_out)

    add(app, completion, "bash", "zsh", "fish", staged=False)
