"""The meter at the endpoint: what AWS would charge for, counted where it happens, whatever design runs.

counts  the amounts, and whose requests do not count
calls   calls of the API
page    what was counted, as JSON
"""

from local.engine.meter import calls, page


def install() -> None:
    """Count from now on. After the mends, which make some of it happen as on AWS."""
    calls.install()
    page.install()
