"""Builds the zip that all functions share: the code, the kinds of mail and the pinned packages, for Lambda's platform.

The same input gives the same bytes.

    python deploy/package.py [--output .local/onlyonce.zip]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / ".local" / "onlyonce.zip"
OURS = ("handlers", "shared", "mail")
LEFT_OUT = {"__pycache__", "stages.yml"}
"""Caches, and the settings, which the functions are told by their environment."""
PYTHON_VERSION = "3.13"
AWS_SERVICES = ("athena", "dynamodb", "lambda", "s3", "secretsmanager", "sesv2", "sts", "stepfunctions")
"""Service models of botocore that the functions use; the other 400 are left out of the zip."""
UNUSED = ("bin", "boto3/data", "boto3/examples", "aws_lambda_powertools/event_handler/openapi/swagger_ui")
_DATED = (1980, 1, 1, 0, 0, 0)


def install(target: Path) -> None:
    """Puts the pinned packages into `target`, for Lambda's Python and platform."""
    options = {
        "--requirement": ROOT / "requirements.txt",
        "--target": target,
        "--python-version": PYTHON_VERSION,
        "--python-platform": "aarch64-manylinux2014",
        "--only-binary": ":all:",
        "--link-mode": "copy",
    }
    given = [str(word) for option in options.items() for word in option]
    subprocess.run([sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", *given], check=True)


def prune(target: Path) -> None:
    """Drops what no function imports: other services' models, web pages, caches, metadata. Refuses a compiled module, since
    one zip of pure Python serves every platform.
    """
    models = [folder for folder in (target / "botocore" / "data").iterdir() if folder.is_dir()]
    others = [folder for folder in models if folder.name not in AWS_SERVICES]
    for folder in [
        *others,
        *(target / name for name in UNUSED),
        *target.rglob("__pycache__"),
        *target.glob("*.dist-info"),
    ]:
        shutil.rmtree(folder, ignore_errors=True)
    (target / ".lock").unlink(missing_ok=True)
    compiled = list(target.rglob("*.so"))
    if compiled:
        raise SystemExit(f"the zip must be pure Python, but {compiled[0].relative_to(target)} is compiled")


def write_zip(packages: Path, output: Path) -> None:
    """Writes it with sorted names, one date and one mode, so that the bytes depend on the contents alone."""
    files = {path.relative_to(packages): path for path in packages.rglob("*") if path.is_file()}
    for folder in OURS:
        files |= {
            path.relative_to(ROOT): path
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and not LEFT_OUT & set(path.parts)
        }
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name.as_posix(), _DATED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name].read_bytes())
    os.replace(partial, output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=OUTPUT, help=f"default: {OUTPUT.relative_to(ROOT)}")
    output = parser.parse_args().output
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(folder)
        install(packages)
        prune(packages)
        write_zip(packages, output)
    print(f"{output} {output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
