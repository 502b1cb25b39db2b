"""The designs, each in a file, as somebody would write it who likes it: named in the order of the tables."""

ORDER = (
    "loop",
    "loop_with_log",
    "sqs",
    "streams",
    "step_functions",
    "ours",
    "ours_batched",
    "celery",
    "dbos",
    "post_office",
)
