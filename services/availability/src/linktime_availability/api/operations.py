"""What the routes open to the outside say of themselves."""

from typing import Any

from linktime_availability.api.explain import ExplainQuery
from linktime_availability.api.replies import (
    EventTypeDetail,
    EventTypeItem,
    ExplainedDate,
    OverrideBody,
    PublicEventTypeDetail,
    PublicHostPage,
    ScheduleBody,
    Slots,
)
from linktime_availability.api.requests import (
    EventTypeChange,
    NewEventType,
    NewOverride,
    NewSchedule,
)
from linktime_availability.api.slots import SlotsQuery
from linktime_availability.domain.schedule import WEEKDAYS
from linktime_common.http.models import Done, Paging
from linktime_common.http.operations import Operation

EVENT_TYPES, AVAILABILITY, PUBLIC = "Event types", "Availability", "Public"
NO_EVENT_TYPE = {404: "No such event type, or not yours"}
NOT_BOOKABLE = {404: "No such event type, or it takes no bookings"}
NOT_PUBLIC = {404: "No such host or event type, or it takes no bookings"}
SLUG_TAKEN = {409: "Another event type of yours, archived or not, has this slug"}
NO_DATE = {404: "The path names no date"}

ID = "0190a5b2-7c3e-7d4f-8a1b-2c3d4e5f6071"
ITEM: dict[str, Any] = {
    "id": ID,
    "name": "Intro call",
    "slug": "intro-call",
    "description": "A first chat",
    "durationMinutes": 30,
    "active": True,
    "price": None,
    "bookingUrl": "https://meet.example.com/ada/intro-call",
    "createdAt": "2026-02-01T09:00:00.000Z",
}
QUESTION = {
    "id": "topic",
    "label": "What is it about?",
    "type": "text",
    "required": True,
    "options": [],
}
SCHEDULE = {
    "timezone": "Europe/Berlin",
    "weekly": {
        **{day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]},
        **{day: [] for day in WEEKDAYS[5:]},
    },
    "overrides": {"2026-12-24": []},
}
CONFIGURATION = {
    "slotIntervalMinutes": 30,
    "bufferBefore": 0,
    "bufferAfter": 15,
    "minimumNoticeMinutes": 60,
    "maxDaysInAdvance": 60,
    "dailyLimit": None,
    "location": "Phone",
    "questions": [QUESTION],
}
DETAIL = ITEM | CONFIGURATION | {"schedule": SCHEDULE}
PUBLIC_ITEM = {
    **{name: ITEM[name] for name in ITEM if name not in {"active", "createdAt"}},
    "location": "Phone",
}
HOST = {"username": "ada", "name": "Ada Host", "timezone": "Europe/Berlin"}
BOOKED = {name: ITEM[name] for name in ("id", "name", "slug", "durationMinutes")}
SLOT = {
    "date": "2026-03-02",
    "time": "09:00",
    "startTime": "2026-03-02T08:00:00.000Z",
    "endTime": "2026-03-02T08:30:00.000Z",
}
SLOTS = {"data": [SLOT], "eventType": BOOKED, "timezone": "Europe/Berlin"}

LIST_EVENT_TYPES = Operation(
    summary="List your active event types, oldest first",
    tag=EVENT_TYPES,
    query=Paging,
    page_of=EventTypeItem,
    reply_example={
        "data": [ITEM],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    },
)
GET_EVENT_TYPE = Operation(
    summary="Read an event type with its whole scheduling configuration",
    tag=EVENT_TYPES,
    reply=EventTypeDetail,
    reply_example=DETAIL,
    errors=NO_EVENT_TYPE,
)
LIST_SLOTS = Operation(
    summary="List the free slots of an event type",
    description="By local date of `timezone`, both dates included, at most 62 of them.",
    tag=AVAILABILITY,
    query=SlotsQuery,
    reply=Slots,
    reply_example=SLOTS,
    errors=NOT_BOOKABLE,
)

PUBLIC_HOST = Operation(
    summary="Read a host's page: who it is and what can be booked",
    tag=PUBLIC,
    reply=PublicHostPage,
    reply_example=HOST | {"eventTypes": [PUBLIC_ITEM]},
    errors={404: "No such host"},
)
PUBLIC_EVENT_TYPE = Operation(
    summary="Read an event type as its invitees see it",
    tag=PUBLIC,
    reply=PublicEventTypeDetail,
    reply_example=PUBLIC_ITEM | {"questions": [QUESTION], "host": HOST},
    errors=NOT_PUBLIC,
)
PUBLIC_SLOTS = Operation(
    summary="List the free slots of a host's event type",
    description="By local date of `timezone`, both dates included, at most 62 of them.",
    tag=PUBLIC,
    query=SlotsQuery,
    reply=Slots,
    reply_example=SLOTS,
    errors=NOT_PUBLIC,
)

LIST_ALL_EVENT_TYPES = Operation(
    summary="List your event types, archived ones too, oldest first",
    tag=EVENT_TYPES,
    query=Paging,
    page_of=EventTypeItem,
    reply_example=LIST_EVENT_TYPES.reply_example,
)
POST_EVENT_TYPE = Operation(
    summary="Make an event type",
    tag=EVENT_TYPES,
    body=NewEventType,
    body_example={"name": "Intro call", "durationMinutes": 30, "bufferAfter": 15},
    reply=EventTypeDetail,
    reply_example=DETAIL,
    status=201,
    errors=SLUG_TAKEN,
    idempotent=True,
)
PATCH_EVENT_TYPE = Operation(
    summary="Change, archive or bring back an event type",
    description=(
        "What is left out stays. `active` false archives: no new bookings are taken, those made "
        "stay as they are and can be moved. Event types are never deleted."
    ),
    tag=EVENT_TYPES,
    body=EventTypeChange,
    body_example={"durationMinutes": 45, "active": False},
    reply=EventTypeDetail,
    reply_example=DETAIL | {"durationMinutes": 45, "active": False},
    errors=NO_EVENT_TYPE | SLUG_TAKEN,
    idempotent=True,
)
GET_SCHEDULE = Operation(
    summary="Read your working hours",
    tag=AVAILABILITY,
    reply=ScheduleBody,
    reply_example=SCHEDULE,
    errors={404: "No such host"},
)
PUT_SCHEDULE = Operation(
    summary="Replace your working hours, overrides included",
    tag=AVAILABILITY,
    body=NewSchedule,
    body_example=SCHEDULE,
    reply=ScheduleBody,
    reply_example=SCHEDULE,
    errors={404: "No such host"},
    idempotent=True,
)
PUT_OVERRIDE = Operation(
    summary="Give one date hours of its own; none closes it",
    tag=AVAILABILITY,
    body=NewOverride,
    body_example={"windows": [["10:00", "12:00"]]},
    reply=OverrideBody,
    reply_example={"date": "2026-12-24", "windows": [["10:00", "12:00"]]},
    errors=NO_DATE | {409: "There are 1,000 overrides already"},
    idempotent=True,
)
DELETE_OVERRIDE = Operation(
    summary="Give one date its weekday's hours again",
    tag=AVAILABILITY,
    reply=Done,
    reply_example={"success": True},
    errors={404: "The path names no date, or one without hours of its own"},
    idempotent=True,
)
EXPLAIN = Operation(
    summary="Say of each start on a date which rule removes it",
    description=(
        "Every start that the working hours suggest, with the first `rule` that removes it, null "
        "when it is free: the free ones are exactly those that are listed. A date without any "
        "start has `outside_hours` as its own `rule`. An archived event type is explained too."
    ),
    tag=AVAILABILITY,
    query=ExplainQuery,
    reply=ExplainedDate,
    reply_example={
        "date": "2026-03-02",
        "timezone": "Europe/Berlin",
        "eventType": BOOKED,
        "rule": None,
        "data": [SLOT | {"rule": "busy"}],
    },
    errors=NO_EVENT_TYPE,
)
