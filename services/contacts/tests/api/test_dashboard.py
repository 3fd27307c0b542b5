"""The API for a signed-in user."""

from linktime_common.identity import CallerKind
from linktime_common.ids import new_id

from .calls import Call, PendingEvents

PATH = "/dashboard/api/contacts"


async def test_a_user_can_use_all_of_the_api(call: Call, pending_events: PendingEvents) -> None:
    """Add, list, read, change and delete; the event's source is the dashboard."""
    owner_id, caller_kind = new_id(), CallerKind.SESSION
    sent = {"name": "Zoë", "email": "zoe@example.com", "phone": "+4930123456"}
    status, contact = await call(owner_id, "POST", PATH, sent, caller_kind=caller_kind, key="k")
    assert status == 201
    path = f"{PATH}/{contact['id']}"
    _, listed = await call(owner_id, "GET", PATH, caller_kind=caller_kind)
    assert listed["data"] == [contact]
    assert (await call(owner_id, "GET", "/api/v1/contacts"))[1] == listed
    _, changed = await call(owner_id, "PATCH", path, {"notes": "Tea"}, caller_kind=caller_kind)
    _, detail = await call(owner_id, "GET", path, caller_kind=caller_kind)
    more = ("upcomingMeetings", "pastMeetings", "otherEmails", "otherPhones")
    assert detail == changed | {name: [] for name in more}
    assert await call(new_id(), "GET", path, caller_kind=caller_kind) == (
        404,
        {"error": "Contact not found", "code": "contact_not_found"},
    )
    assert await call(owner_id, "DELETE", path, caller_kind=caller_kind) == (200, {"success": True})
    (event,) = await pending_events(owner_id)
    assert event["data"] == {"contact": contact, "source": "dashboard"}


async def test_a_user_reads_conversations_and_calls(call: Call) -> None:
    """The same as with an API key."""
    owner_id = new_id()
    message = {
        "source": "twilio",
        "externalMessageId": "SM1",
        "channel": "SMS",
        "direction": "INBOUND",
        "contactPhone": "+4930123456",
        "ourPhone": "+4930999999",
        "body": "Hello",
        "sentAt": "2026-03-01T09:00:00Z",
    }
    voice = {
        "source": "retell",
        "externalCallId": "c1",
        "direction": "INBOUND",
        "startedAt": "2026-03-01T09:00:00Z",
        "durationSeconds": 1,
        "status": "COMPLETED",
    }
    await call(owner_id, "POST", "/api/ingest/messages", message)
    await call(owner_id, "POST", "/api/ingest/calls", voice)
    for name in ("conversations", "calls"):
        status, body = await call(
            owner_id, "GET", f"/dashboard/api/{name}", caller_kind=CallerKind.SESSION
        )
        assert (status, len(body["data"])) == (200, 1)
        assert body == (await call(owner_id, "GET", f"/api/v1/{name}"))[1]
