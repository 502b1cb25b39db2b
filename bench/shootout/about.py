"""What stands beside the figures: the code, the day, the machine, and what the contestants ran on."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict

import psutil

from bench.commit import measured_commit
from bench.shootout.contestant import Contestant


class Fields(TypedDict):
    commit: str
    measured_at: str
    machine: str
    versions: str


@dataclass(frozen=True)
class About:
    """Settled once for a bench."""

    commit: str
    machine: str
    common: str
    """Versions that all share."""

    @classmethod
    def now(cls) -> "About":
        common = f"Python {platform.python_version()}, boto3 {version('boto3')}"
        return cls(measured_commit(), machine(), common)

    def fields(self, contestant: Contestant) -> Fields:
        """Of a row."""
        own = [f"{name} {which}" for name, which in contestant.versions().items()]
        return {
            "commit": self.commit,
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": self.machine,
            "versions": ", ".join([self.common, *own]),
        }


def machine() -> str:
    """In words."""
    gigabytes = psutil.virtual_memory().total / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores ({_processor()}), {gigabytes:.0f} GB, {platform.system()} {platform.release().split('-')[0]}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
