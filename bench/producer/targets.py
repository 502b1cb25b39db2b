"""What the producer has to reach, and which of it is missed."""

from collections.abc import Mapping

from bench.tables import Figures

TARGETS: Mapping[str, tuple[float, float]] = {
    "peak_rss_mb": (0, 256),
    "growth_rss": (0, 1.1),
    "calls_per_row": (0, 0.05),
    "speedup_over_loop": (5, float("inf")),
    "growth_calls": (0.9, 1.1),
    "growth_cpu": (0.9, 1.1),
    "missing": (0, 0),
    "refused": (0, 0),
    "virtual_minutes": (0, 70),
    "virtual_rows_per_second": (2_500, float("inf")),
    "virtual_cpu_us_per_row": (0, 150),
    "virtual_peak_rss_mb": (0, 256),
    "virtual_growth_rss": (0, 1.1),
    "virtual_growth_calls": (0.9, 1.1),
    "virtual_growth_cpu": (0.9, 1.1),
    "virtual_missing": (0, 0),
    "virtual_refused": (0, 0),
    "embedded_missing": (0, 0),
    "embedded_astray": (0, 0),
    "embedded_uncounted": (0, 0),
}
"""At least and at most. What was not run misses nothing."""


def missed(figures: Figures) -> list[str]:
    """The targets that are missed, each in words."""
    return [
        f"{name} is {figures[name]:g}, the target is {target(name, '{:g}')}"
        for name, (least, most) in TARGETS.items()
        if name in figures and not least <= figures[name] <= most
    ]


def target(name: str, form: str) -> str:
    """What the figure has to be, in the form in which it is shown; "" if it has no target."""
    if name not in TARGETS:
        return ""
    least, most = TARGETS[name]
    if least == most:
        return form.format(least)
    if not least:
        return f"≤ {form.format(most)}"
    return f"≥ {form.format(least)}" if most == float("inf") else f"{least:g}–{most:g}"
