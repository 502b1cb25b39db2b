"""The result of the usage query as GetQueryResults gives it, invented page by page; nothing is kept."""

import json

COLUMNS = (
    "user_id", "email", "total_minutes", "device_count", "active_days", "busiest_day", "busiest_day_minutes",
    "previous_minutes", "change_percent",
)  # fmt: skip
_METADATA = json.dumps(
    {
        "ColumnInfo": [
            {
                "CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name,
                "Type": "varchar", "Precision": 0, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": False,
            }
            for name in COLUMNS
        ]
    }
)  # fmt: skip
_HEADER = json.dumps({"Data": [{"VarCharValue": name} for name in COLUMNS]})


def page(rows: int, token: str, at_most: int) -> bytes:
    """The page of a result of `rows` rows that begins where the token says; "" for the first, whose first row is the
    header. The users come in the order of their ids.
    """
    first = int(token or 0)
    last = min(rows, first + at_most - (not token))
    shown = [*([] if token else [_HEADER]), *(_row(number) for number in range(first, last))]
    after = f', "NextToken": "{last}"' if last < rows else ""
    return f'{{"ResultSet": {{"Rows": [{", ".join(shown)}], "ResultSetMetadata": {_METADATA}}}{after}}}'.encode()


def _row(number: int) -> str:
    """Every tenth user has no month before."""
    minutes, before = 60 + number * 7 % 6000, 60 + number * 11 % 6000
    cells = [
        f"user-{number:09}",
        f"user.{number}@example.com",
        f"{minutes}.250",
        str(1 + number % 4),
        str(1 + number % 28),
        f"2026-10-{1 + number % 31:02}",
        f"{minutes // 3}.125",
        *([] if number % 10 == 0 else [f"{before}.500", f"{100 * (minutes / before - 1):.1f}"]),
    ]
    shown = [f'{{"VarCharValue": "{cell}"}}' for cell in cells] + ["{}"] * (len(COLUMNS) - len(cells))
    return f'{{"Data": [{", ".join(shown)}]}}'
