"""DynamoDB's expressions, as many of them as the product writes, parsed from their text. What it does not know it refuses.

Items and values are as on the wire ({"S": "text"}, {"N": "1"}). Nothing is compared across types, and an attribute that is
absent is equal to nothing (source: DynamoDB developer guide, condition expressions). The contract suite holds it to moto.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Wire = Mapping[str, Any]
"""An item, or a map in one."""
Names = Mapping[str, str]
Condition = Callable[[Wire, Names, Wire], bool]

_TOKEN = re.compile(r"\s*(#\w+(?:\.#\w+)*|:\w+|<>|<=|>=|[=<>(),]|\w+)")
_CLAUSE = re.compile(r"\b(SET|ADD|REMOVE) (.*?)(?= (?:SET|ADD|REMOVE) |$)")
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}


class InvalidExpressionError(ValueError):
    """DynamoDB would refuse it with a ValidationException, or this module does not know it."""


@cache
def condition(text: str) -> Condition:
    """The parsed condition: tells whether an item meets it. Raises InvalidExpressionError."""
    tokens = _tokens(text)
    parsed = _either(tokens)
    if tokens:
        raise InvalidExpressionError(f"{' '.join(tokens)!r} is left of {text!r}")
    return parsed


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise InvalidExpressionError(f"{text[place:]!r} in {text!r}")
        found.append(token[1])
        place = token.end()
    return found


def _either(tokens: list[str]) -> Condition:
    parts = [_all(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        parts.append(_all(tokens))
    return parts[0] if len(parts) == 1 else lambda *given: any(part(*given) for part in parts)


def _all(tokens: list[str]) -> Condition:
    parts = [_one(tokens)]
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        parts.append(_one(tokens))
    return parts[0] if len(parts) == 1 else lambda *given: all(part(*given) for part in parts)


def _one(tokens: list[str]) -> Condition:
    first = tokens.pop(0)
    if first == "(":
        inner = _either(tokens)
        _expect(tokens, ")")
        return inner
    if first in ("attribute_exists", "attribute_not_exists"):
        _expect(tokens, "(")
        path = tokens.pop(0)
        _expect(tokens, ")")
        wanted = first == "attribute_exists"
        return lambda item, names, _: (_at(item, path, names) is not None) == wanted
    return _comparison(first, tokens.pop(0), tokens)


def _comparison(path: str, test: str, tokens: list[str]) -> Condition:
    if test == "IN":
        _expect(tokens, "(")
        given = [tokens.pop(0)]
        while tokens[0] == ",":
            given += [tokens.pop(1)]
            tokens.pop(0)
        _expect(tokens, ")")
        return lambda item, names, values: any(equal(_at(item, path, names), values[one]) for one in given)
    value = tokens.pop(0)
    if test == "=":
        return lambda item, names, values: equal(_at(item, path, names), values[value])
    if test == "<>":
        return lambda item, names, values: not equal(_at(item, path, names), values[value])
    order = _ORDERS[test]
    return lambda item, names, values: _ordered(order, _at(item, path, names), values[value])


def _expect(tokens: list[str], wanted: str) -> None:
    if not tokens or tokens.pop(0) != wanted:
        raise InvalidExpressionError(f"{wanted!r} is missing")


def _at(item: Wire, path: str, names: Names) -> Any:
    """The value at a path; None where there is none."""
    *maps, last = (names[part] for part in path.split("."))
    for name in maps:
        item = item.get(name, {}).get("M", {})
    return item.get(last)


def equal(one: Any, other: Any) -> bool:
    if one is None or other is None or one.keys() != other.keys():
        return False
    ((kind, value),) = one.items()
    return bool(Decimal(value) == Decimal(other["N"]) if kind == "N" else value == other[kind])


def _ordered(order: Callable[[Any, Any], bool], one: Any, other: Any) -> bool:
    if one is None or one.keys() != other.keys() or not one.keys() & {"S", "N"}:
        return False
    kind = next(iter(one))
    return order(*((Decimal(value["N"]) if kind == "N" else value["S"].encode()) for value in (one, other)))


def updated(item: Wire, text: str, names: Names, values: Wire) -> dict[str, Any]:
    """The item as the update expression leaves it; the given one stays as it is. Raises InvalidExpressionError."""
    new = dict(item)
    for verb, path, value in _actions(text):
        *maps, last = (names[part] for part in path.split("."))
        place = new
        for name in maps:
            if "M" not in place.get(name, {}):
                raise InvalidExpressionError(f"the document path {path} is not in the item")
            place[name] = {"M": dict(place[name]["M"])}
            place = place[name]["M"]
        match verb:
            case "SET":
                place[last] = values[value]
            case "ADD":
                place[last] = _sum(place.get(last, {"N": "0"}), values[value])
            case "REMOVE":
                place.pop(last, None)
    return new


def _sum(one: Wire, other: Wire) -> dict[str, str]:
    if one.keys() != {"N"} or other.keys() != {"N"}:
        raise InvalidExpressionError("An operand in the update expression has an incorrect data type")
    return {"N": str(Decimal(one["N"]) + Decimal(other["N"]))}


@cache
def _parsed(text: str) -> tuple[tuple[str, str, str], ...]:
    return tuple(_clauses(text))


def _actions(text: str) -> tuple[tuple[str, str, str], ...]:
    return _parsed(text)


def _clauses(text: str) -> Iterator[tuple[str, str, str]]:
    for verb, rest in _CLAUSE.findall(text):
        for action in rest.split(", "):
            match verb, *action.split(" "):
                case "SET", path, "=", value:
                    yield verb, path, value
                case "ADD", path, value:
                    yield verb, path, value
                case "REMOVE", path:
                    yield verb, path, ""
                case _:
                    raise InvalidExpressionError(f"{action!r} in {text!r}")
