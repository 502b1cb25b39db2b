import pytest

pytest.register_assert_rewrite("tests.e2e.plays.bad_months", "tests.e2e.plays.on_call", "tests.e2e.plays.restoring")
