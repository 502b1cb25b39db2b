"""Logs and metrics through Powertools: each field is there because somebody looks for it (ADR 43 D2)."""

import os
from collections.abc import Callable
from threading import Lock
from typing import Any, TextIO

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

from shared.redaction import redacted

_SAMPLED = "Sampled=1"
"""In Lambda's variable for X-Ray, where the invocation is traced (source: xray-header)."""


class PowertoolsTelemetry:
    """One function's log and metrics, in the stack's namespace (POWERTOOLS_METRICS_NAMESPACE).

    Threads may share it: one call at a time, because Powertools promises nothing about threads. No log or metric holds
    an address or a message's data: callers give neither, and every text is redacted.
    """

    def __init__(self, function: str, *, counts_in_line: bool = False, stream: TextIO | None = None) -> None:
        """`counts_in_line`: a log line is its own metric, of a function that has one thing to tell in each invocation. Others
        write the invocation's metrics out together.
        """
        self._lock = Lock()
        self._logger = _logger(function, stream)
        self._metrics = Metrics(service=function)
        self._counts_in_line = counts_in_line

    def count(self, event: str, **facts: Any) -> None:
        """Something expected happened, such as a transition."""
        self._tell(self._logger.info, event, facts)

    def refuse(self, event: str, error: Exception, **facts: Any) -> None:
        """Something that should not be there was refused: logged with its reason, counted, nothing done."""
        self._tell(self._logger.warning, event, {**facts, "reason": str(error), "error": type(error).__name__})

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

    def _tell(self, say: Callable[..., None], event: str, facts: dict[str, Any]) -> None:
        told = _redacted(facts)
        with self._lock:
            self._metrics.add_metric(name=event, unit=MetricUnit.Count, value=1)
            if self._counts_in_line:
                told |= self._metrics.serialize_metric_set()
                self._metrics.clear_metrics()
            say(event, extra=told)


class _Formatter(LambdaPowertoolsFormatter):
    def _get_latest_trace_id(self) -> str | None:
        """Of a trace that X-Ray keeps: Lambda names one in every invocation."""
        return super()._get_latest_trace_id() if _SAMPLED in os.environ.get("_X_AMZN_TRACE_ID", "") else None


def _logger(function: str, stream: TextIO | None) -> Logger:
    """Its group names the function, and every line is written here."""
    formatter = _Formatter(use_rfc3339=True, utc=True)  # the timestamp that Lambda reads (source: lambda-log-levels)
    logger = Logger(service=function, stream=stream, logger_formatter=formatter)
    logger.remove_keys(["service", "location"])
    return logger


def _redacted(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: redacted(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
