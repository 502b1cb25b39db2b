"""What a benchmark ends with instead of figures."""


class MeasurementError(Exception):
    """Nothing could be measured; the message says why."""
