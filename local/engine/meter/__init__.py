"""The meter at the endpoint: what AWS would charge for, counted where it happens, whatever design runs.

counts      the amounts, and whose requests do not count
calls       calls of the API, by operation
tables      DynamoDB's units, and what is stored
functions   Lambda's runs; what logs took in; metrics
executions  Step Functions' transitions
requests    SES, SQS, EventBridge, Scheduler, Athena
page        what was counted, as JSON
"""

from local.engine.meter import calls, executions, functions, page, requests, tables


def install() -> None:
    """Count from now on. After the mends, which make some of it happen as on AWS."""
    for noun in (calls, tables, functions, executions, requests, page):
        noun.install()
