"""Messages as a source ingests them."""

from typing import Any

ZOE = "+4930123456"
OURS = "+4930999999"


def a_message(**fields: Any) -> dict[str, Any]:
    return {
        "source": "twilio",
        "externalMessageId": "SM1",
        "channel": "SMS",
        "direction": "INBOUND",
        "contactPhone": ZOE,
        "ourPhone": OURS,
        "body": "Hello",
        "media": [],
        "sentAt": "2026-03-01T09:00:00.000Z",
        "status": "DELIVERED",
        **fields,
    }


def day(number: int, hour: int = 9) -> str:
    return f"2026-03-{number:02}T{hour:02}:00:00.000Z"
