"""The embedded CloudWatch, one noun a module: what stock MiniStack gets wrong about metrics and alarms.

embedded_metrics   what functions print in Embedded Metric Format, as metrics
points             what was measured, minute by minute, and for how long it is kept
series             what was measured of one metric, period by period
reading            GetMetricData, GetMetricStatistics and ListMetrics
alarms             the states that follow from the metrics, each minute and when they are asked for
dashboards         what CloudWatch could not draw
"""

from local.engine.mends.cloudwatch import alarms, dashboards, embedded_metrics, points, reading


def mend() -> None:
    """Patch MiniStack's CloudWatch. After lambda_runtime, whose logs are read."""
    for noun in (points, embedded_metrics, reading, alarms, dashboards):
        noun.mend()
