"""When a stage can't be accepted now."""

from dataclasses import replace

import pytest

from ops.accept.run import refuse_unless_idle
from ops.errors import RefusedError
from tests.unit.ops.office import Office


def test_an_idle_stage_can(office: Office) -> None:
    refuse_unless_idle(office.session)


def test_one_whose_messages_airflow_takes_cant(office: Office) -> None:
    """Its functions would claim nothing, and the run would wait for them."""
    stage = replace(office.session.stage, outputs={**office.session.stage.outputs, "Engine": "airflow"})
    with pytest.raises(RefusedError, match="this stage is Airflow's"):
        refuse_unless_idle(replace(office.session, stage=stage))
