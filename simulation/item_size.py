"""How large DynamoDB takes an item to be (source: ddb-item-size)."""

from typing import Any

from shared.store import Item


def size(value: Any) -> int:
    """Texts in UTF-8; a number takes a byte and one for two digits; a map or a list takes 3 bytes and 1 for each entry."""
    match value:
        case str():
            return len(value) if value.isascii() else len(value.encode())
        case bool() | None:
            return 1
        case int():
            return 1 + (len(str(abs(value)).strip("0")) + 1) // 2 + (value < 0)
        case float():
            return 1 + (len(f"{abs(value):.15g}".replace(".", "").strip("0")) + 1) // 2 + (value < 0)
        case dict():
            return 3 + sum(1 + size(name) + size(part) for name, part in value.items())
        case list():
            return 3 + sum(1 + size(part) for part in value)
    raise TypeError(f"no item of this project holds a {type(value).__name__}")


def size_of(item: Item) -> int:
    return sum(size(name) + size(value) for name, value in item.items())
