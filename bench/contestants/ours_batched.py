"""Ours with `sendBatchSize: auto`: one execution carries as many messages as a function can send in its time."""

from bench.contestants.ours import Ours

CONTESTANT = Ours("ours_batched", "onlyonce, batched (auto)", "auto")
