"""Hosts' schedules, and resync, on the internal port."""

import json
from typing import Any

import pytest

from linktime_common.contracts.internal_api.resync import Resync, Resynced
from linktime_common.contracts.internal_api.scim import DirectoryUser
from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_local.testing.services import Running

from .hours import HOURS, WEEK


async def call(
    service: Running, method: str, path: str, body: Any = None
) -> tuple[int, dict[str, Any]]:
    async with service.session.request(
        method,
        f"{service.internal_url}/internal{path}",
        headers={
            **service.identity(CallerKind.OPERATOR, issuer="operator"),
            "Content-Type": "application/json",
        },
        data=body if body is None or isinstance(body, str) else json.dumps(body),
    ) as response:
        return response.status, await response.json()


async def test_replace_schedule(world: Any, service: Running) -> None:
    """The response is in order, with every weekday; previous hours are gone."""
    host = await world.host()
    path = f"/hosts/{host.id}/schedule"
    old = HOURS | {"overrides": {"2026-01-01": []}}
    assert (await call(service, "PUT", path, old))[0] == 200
    status, body = await call(service, "PUT", path, HOURS)
    assert status == 200
    expected: dict[str, Any] = {day: [] for day in WEEK}
    expected |= {
        "monday": [["09:00", "12:00"], ["13:00", "24:00"]],
        "friday": [["22:00", "02:00"]],
    }
    assert body == {
        "timezone": "Europe/Berlin",
        "weekly": expected,
        "overrides": {"2026-03-01": [["10:00", "11:00"]], "2026-12-24": []},
    }
    assert list(body["overrides"]) == ["2026-03-01", "2026-12-24"]
    event_type = await world.event_type(host.id)
    async with service.session.get(
        f"{service.url}/api/v1/event-types/{event_type.id}",
        headers=service.identity(CallerKind.API_KEY, subject=host.id),
    ) as response:
        assert (await response.json())["schedule"] == body
    assert (await call(service, "PUT", path, body))[1] == body


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("timezone", {"timezone": None}),
        ("weekly", {"weekly": []}),
        ("weekly.funday", {"weekly": {"funday": []}}),
        ("weekly.monday", {"weekly": {"monday": [["9:00", "10:00"]]}}),
        ("weekly.monday", {"weekly": {"monday": [["24:00", "10:00"]]}}),
        ("weekly.monday", {"weekly": {"monday": [["09:00", "12:00"], ["11:00", "13:00"]]}}),
        ("weekly.monday", {"weekly": {"monday": [["00:00", "00:01"]] * 101}}),
        ("weekly.monday.0.1", {"weekly": {"monday": [["09:00"]]}}),
        ("weekly.monday.0.0", {"weekly": {"monday": [[9, 10]]}}),
        ("weekly.monday.0", {"weekly": {"monday": ["09:00-17:00"]}}),
        ("overrides", {"overrides": []}),
        ("overrides.2026-02-30", {"overrides": {"2026-02-30": []}}),
        ("overrides.2026-03-01", {"overrides": {"2026-03-01": [["10:00", "25:00"]]}}),
        ("extra", {"extra": 1}),
    ],
)
async def test_invalid_schedule(
    world: Any, service: Running, field: str, change: dict[str, Any]
) -> None:
    """400, and the schedule is unchanged."""
    host = await world.host()
    path = f"/hosts/{host.id}/schedule"
    status, body = await call(service, "PUT", path, HOURS | change)
    assert status == 400
    assert field in body["details"]
    assert body["details"][field]


async def test_unknown_weekday(world: Any, service: Running) -> None:
    """The message lists the names of the days."""
    host = await world.host()
    wrong = HOURS | {"weekly": {"Monday": [], "friday": []}}
    _status, body = await call(service, "PUT", f"/hosts/{host.id}/schedule", wrong)
    assert body["details"] == {"weekly.Monday": "Unknown field; days are monday to sunday"}


async def test_window_is_not_a_pair(world: Any, service: Running) -> None:
    """The message contains an example in JSON."""
    host = await world.host()
    wrong = HOURS | {"weekly": {"monday": ["09:00-17:00"]}}
    _status, body = await call(service, "PUT", f"/hosts/{host.id}/schedule", wrong)
    assert body["details"] == {"weekly.monday.0": 'Expected a window such as ["09:00", "17:00"]'}


async def test_schedule_of_unknown_host(service: Running) -> None:
    """404."""
    for host_id in (new_id(), "nonsense"):
        answer = await call(service, "PUT", f"/hosts/{host_id}/schedule", HOURS)
        assert answer == (404, {"error": "Host not found", "code": "host_not_found"})


async def test_resync_applies_users(world: Any, service: Running) -> None:
    """The newest version is kept; known versions are not counted."""
    users = [world.user() for _ in range(3)]
    page = Resync(users=[DirectoryUser(user=user, version=5) for user in users])
    for applied in (3, 0):
        status, body = await call(service, "POST", "/resync", page.model_dump_json())
        assert status == 200
        assert Resynced.model_validate(body).applied == applied
    page = f"{service.url}/api/public/{users[0].username}"
    async with service.session.get(page, headers=service.identity(CallerKind.PUBLIC)) as response:
        assert response.status == 200


async def test_resync_limits(world: Any, service: Running) -> None:
    """At most 500 entries, each as in the contract."""
    entry = DirectoryUser(user=world.user(), version=1).model_dump(mode="json")
    status, body = await call(service, "POST", "/resync", {"users": [entry] * 501})
    assert (status, list(body["details"])) == (400, ["body"])
    status, body = await call(service, "POST", "/resync", {"users": [{"version": 1}]})
    assert (status, list(body["details"])) == (400, ["users.0.user"])
