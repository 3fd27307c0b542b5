"""The windows of one day in requests and responses."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from linktime_availability.domain.schedule import Windows, day_windows
from linktime_common.http.fields import Line

WindowTexts = Annotated[
    list[Annotated[list[str], Field(min_length=2, max_length=2)]],
    Field(examples=[[["09:00", "12:00"], ["13:00", "24:00"]]]),
]


def _check_is_list(pair: Any) -> Any:
    if not isinstance(pair, (list, tuple)):
        raise PydanticCustomError("window", 'Expected a window such as ["09:00", "17:00"]')
    return pair


def _check_windows(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    day_windows(pairs)
    return pairs


_CLOCK = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"}
# As a list of two entries: generators of clients do not read JSON Schema's tuples.
_PAIR = {"type": "array", "items": _CLOCK, "minItems": 2, "maxItems": 2}
WindowPair = Annotated[tuple[Line, Line], BeforeValidator(_check_is_list), WithJsonSchema(_PAIR)]
DayWindows = Annotated[
    list[WindowPair],
    Field(max_length=100, examples=[[["09:00", "12:00"], ["13:00", "17:00"]]]),
    AfterValidator(_check_windows),
]


def pairs_of(windows: Windows) -> list[list[str]]:
    """Return each window as a pair of `HH:MM`."""
    return [list(window.texts()) for window in windows]
