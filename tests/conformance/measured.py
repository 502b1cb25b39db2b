"""What CloudWatch has measured."""

from datetime import UTC, datetime, timedelta


def total(client: object, namespace: str, metric: str, **dimensions: str) -> float:
    """Of the last minutes."""
    now = datetime.now(UTC)
    found = client.get_metric_statistics(  # type: ignore[attr-defined]
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))
