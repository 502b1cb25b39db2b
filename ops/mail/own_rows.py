"""preview --from: the mails of one's own rows, by the preview of a checkout, which has an embedded AWS for the query."""

import subprocess
from pathlib import Path

from ops.errors import RefusedError

ROOT = Path(__file__).resolve().parents[2]
PYTHON, PREVIEW = ".venv/bin/python", "local/preview"
TOOLS = "`make preview USAGE=my.csv` in a checkout makes what is missing, and does the same"


def preview(file: str, user: str, period: str, *, opened: bool) -> int:
    """The exit status of the checkout's preview, which says itself what it shows. Raises RefusedError."""
    given = Path(file).resolve()
    if not given.is_file():
        raise RefusedError(f"{file}: there is no such file")
    checkout = _checkout()
    words = ("--usage", str(given), "--user", user, "--period", period, *(["--open"] if opened else []))
    return subprocess.run([checkout / PYTHON, "-m", "local", "preview", *words], cwd=checkout, check=False).returncode


def _checkout() -> Path:
    """This code's own, else the one that is the working directory. Raises RefusedError."""
    for folder in (ROOT, Path.cwd()):
        if (folder / PREVIEW).is_dir():
            if not (folder / PYTHON).exists():
                raise RefusedError(f"{folder}: its tools are not installed. {TOOLS}")
            return folder
    raise RefusedError(f"--from runs the query of a checkout, and there is none here. {TOOLS}")
