"""The broken variants that the explorer must find, whatever else it is changed into."""

import sys
from typing import Any

import pytest

from handlers import send
from tests.stateful.mutants import Mutant, all_mutants

NO_FENCE = "begin_send: from CLAIMED without fence"


class OneTokenAClaim:
    """Stands in for `secrets` in the send function: the token is made of the claim, and so is the same for each begin_send."""

    @staticmethod
    def token_hex(_: int) -> str:
        claim: Any = sys._getframe(1).f_locals["claim"]
        return f"{claim.key.message_id}-{claim.fence}"


def one_token_a_claim(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(send, "secrets", OneTokenAClaim)


VARIANTS = (
    next(mutant for mutant in all_mutants() if mutant.name == NO_FENCE),
    Mutant("one token for a claim", one_token_a_claim),
)
