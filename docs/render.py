"""Writes into the documents what is known elsewhere: `make docs`. A test holds the two together.

The tables of the protocol are those of shared/outbox, what quotas mean is computed, and the figures of the proof and of the
benchmarks are those of their last runs.
"""

import json
import re
from pathlib import Path

from bench.shootout import results
from docs import costs, designs, figures, first_met, protocol, quotas
from tests.mutation.score import known

DOCS = Path(__file__).resolve().parent
PROOFS = DOCS / "proof"
README, PROOF = DOCS.parent / "README.md", PROOFS / "README.md"
PROTOCOL, OPERATING, LIMITS, ON_AIRFLOW = (
    DOCS / f"{name}.md" for name in ("protocol", "operating", "limits", "airflow")
)
FIGURES, EXPLORED, MUTANTS = (PROOFS / f"{name}.json" for name in ("only-once", "explorer", "mutants"))
PACE, PRODUCER, SCALE, SOAK, AIRFLOW, SHOOTOUT = (
    DOCS / "bench" / f"{name}.json" for name in ("pacing", "producer", "scale", "soak", "airflow", "shootout")
)


def rendered(text: str, **parts: str) -> str:
    """The text with each part as it is now, between its marks."""
    for name, part in parts.items():
        start, end = f"<!-- {name}: written by `make docs` -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        text, found = pattern.subn(lambda _, new=f"{start}\n{part}\n{end}": new, text)  # type: ignore[misc]
        assert found == 1, f"{start} … {end} is there {found} times"
    return text


def documents() -> dict[Path, str]:
    """Every document that has such parts, as it should be."""
    proved, pace, producer, scale, soak, airflow, explored, survived = (
        json.loads(path.read_text()) for path in (FIGURES, PACE, PRODUCER, SCALE, SOAK, AIRFLOW, EXPLORED, MUTANTS)
    )
    return {
        README: rendered(
            README.read_text(),
            designs=designs.in_five_lines(results.read(SHOOTOUT), "docs/bench/shootout.md"),
            proof=figures.proof_in_a_sentence(proved, "docs/proof/README.md"),
            pace=figures.pace_in_a_sentence(pace, "docs/bench/pacing.md"),
        ),
        PROTOCOL: rendered(
            PROTOCOL.read_text(),
            diagram=protocol.diagram(),
            statuses=protocol.statuses(),
            transitions=protocol.transitions(),
            proof=figures.proof_in_a_sentence(proved, "proof/README.md"),
        ),
        OPERATING: rendered(OPERATING.read_text(), decisions=protocol.decisions()),
        LIMITS: rendered(
            LIMITS.read_text(),
            durations=quotas.durations(),
            quotas=quotas.quotas(),
            first=first_met.first_met(),
            costs=costs.costs(),
            items=costs.items(scale),
            producer=figures.producer_in_a_sentence(producer, "bench/producer.md"),
            pace=figures.pace_in_a_sentence(pace, "bench/pacing.md"),
        ),
        ON_AIRFLOW: rendered(ON_AIRFLOW.read_text(), choice=figures.engines(airflow, scale)),
        PROOF: rendered(
            PROOF.read_text(),
            cases=figures.cases(proved),
            explorer=figures.explorer(explored),
            chaos=figures.chaos(proved),
            soak=figures.soak_in_a_sentence(soak),
            mutants=figures.mutants(survived, known()),
        ),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
