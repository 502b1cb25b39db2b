"""Logs and metrics through Powertools."""

from threading import Lock
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.redaction import redacted


class PowertoolsTelemetry:
    """One function's log and metrics, in the stack's namespace (POWERTOOLS_METRICS_NAMESPACE).

    Threads may share it: one call at a time, because Powertools promises nothing about threads. No log or metric holds
    an address or a message's data: callers give neither, and every text is redacted.
    """

    def __init__(self, function: str) -> None:
        self._lock = Lock()
        self._logger = Logger(service=function)
        self._metrics = Metrics(service=function)

    def count(self, event: str, **facts: Any) -> None:
        """Something expected happened, such as a transition."""
        with self._lock:
            self._logger.info(event, extra=_redacted(facts))
            self._metrics.add_metric(name=event, unit=MetricUnit.Count, value=1)

    def refuse(self, event: str, error: Exception, **facts: Any) -> None:
        """Something that should not be there was refused: logged with its reason, counted, nothing done."""
        told = _redacted({**facts, "reason": str(error), "error": type(error).__name__})
        with self._lock:
            self._logger.warning(event, extra=told)
            self._metrics.add_metric(name=event, unit=MetricUnit.Count, value=1)

    def gauge(self, name: str, value: float) -> None:
        with self._lock:
            self._metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)

    def debug(self, event: str, **facts: Any) -> None:
        with self._lock:
            self._logger.debug(event, extra=_redacted(facts))

    def flush(self) -> None:
        """Writes the invocation's metrics out, if there are any."""
        if self._metrics.metric_set:
            self._metrics.flush_metrics()


def _redacted(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: redacted(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
