"""Request and response bodies of event types."""

from typing import Any

from linktime_common.identity import CallerKind
from linktime_local.testing.services import Running

FULL = {
    "name": "Intro call",
    "slug": "intro-call",
    "description": "A first chat",
    "durationMinutes": 45,
    "slotIntervalMinutes": 15,
    "bufferBefore": 5,
    "bufferAfter": 10,
    "minimumNoticeMinutes": 120,
    "maxDaysInAdvance": 30,
    "dailyLimit": 3,
    "weeklyLimit": 10,
    "monthlyLimit": 20,
    "maxActivePerInvitee": 2,
    "changeNoticeMinutes": 0,
    "location": "Phone",
    "questions": [
        {"id": "topic", "label": "Topic?", "type": "select", "required": True, "options": ["A"]},
        {"label": "Anything else?"},
    ],
    "reminderMinutes": [60, 2_880],
    "scheduleId": None,
    "active": True,
}


async def read(service: Running, host_id: Any, path: str = "", **query: Any) -> tuple[int, Any]:
    async with service.session.get(
        f"{service.url}/api/v1/event-types{path}",
        headers=service.identity(CallerKind.API_KEY, subject=host_id),
        params=query,
    ) as response:
        return response.status, await response.json()
