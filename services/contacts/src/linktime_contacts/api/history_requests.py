"""What callers ask of conversations and calls."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from linktime_common.http.fields import Digits, Phone
from linktime_common.http.models import Paging
from linktime_common.http.spans import Spanned
from linktime_contacts.domain.call import CallStatus


def _read_plus(value: Any) -> Any:
    # In a query an unescaped + stands for a blank.
    if isinstance(value, str) and value.startswith(" "):
        return f"+{value.lstrip().removeprefix('+')}"
    return value


def _read_status(value: str) -> CallStatus | None:
    wanted = value.upper()
    if wanted == "ALL":
        return None
    if wanted not in CallStatus.__members__:
        raise PydanticCustomError("status", "Must be one of: COMPLETED, FAILED, NO_ANSWER, all")
    return CallStatus(wanted)


class _HistoryQuery(Paging, Spanned):
    limit: Annotated[int, Field(ge=1, le=50), Digits] = 20


class ConversationsQuery(_HistoryQuery):
    """`from` and `to` choose messages."""

    phone: Annotated[
        Phone | None, BeforeValidator(_read_plus), Field(description="The other party's number")
    ] = None


class CallsQuery(_HistoryQuery):
    """`from` and `to` choose by the start."""

    status: Annotated[
        CallStatus | None,
        PlainValidator(
            _read_status,
            json_schema_input_type=Literal["COMPLETED", "FAILED", "NO_ANSWER", "all"],
        ),
    ] = None
