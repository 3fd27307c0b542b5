"""Export and import of contacts as CSV, over HTTP."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from yarl import URL

from linktime_common.identity import CallerKind
from linktime_common.ids import new_id
from linktime_common.postgres import Database
from linktime_common.redaction import ERASED_EMAIL
from linktime_contacts.api import contact_files
from linktime_contacts.domain.contact import Contact
from linktime_contacts.store import contacts
from linktime_local.testing.services import Running
from linktime_local.testing.waiting import eventually

from .calls import Call, Get, PendingEvents

PATH = "/api/v1/contacts"
WAITING = """
    SELECT count(*)
      FROM pg_stat_activity
     WHERE datname = current_database()
       AND wait_event_type = 'Lock'
"""
FILE = """name,email,phone,company,notes
Zoë Quinn,zoe@example.com,(030) 123456,Example GmbH,
,bo@example.com,,,
Ann,ann,030,,
Cy,Zoe@example.com,,,
D\x00\x1b,d@example.com,,,
"=1+1",cy@example.com,,,"Two
lines"
"""


async def send(call: Call, owner_id: Any, csv: str, **more: Any) -> Any:
    return await call(
        owner_id, "POST", f"{PATH}/import", {"csv": csv}, timezone="Europe/Berlin", **more
    )


async def export(service: Running, owner_id: Any, page: int = 1) -> str:
    return (await exported(service, owner_id, f"{PATH}/export?page={page}"))[0]


async def exported(service: Running, owner_id: Any, address: str) -> tuple[str, str | None]:
    """Return the file and the address of the next one."""
    async with service.session.get(
        URL(f"{service.url}{address}", encoded=True),
        headers=service.identity(CallerKind.API_KEY, subject=owner_id),
    ) as response:
        assert (response.status, response.content_type) == (200, "text/csv")
        assert "attachment" in response.headers["Content-Disposition"]
        following = response.links.get("next")
        return (
            (await response.read()).decode(),
            following["url"].raw_path_qs if following else None,
        )


async def test_an_import_reports_each_row_that_failed(
    call: Call, get: Get, pending_events: PendingEvents
) -> None:
    """The others are imported and published; numbers are read in the host's region."""
    owner_id = new_id()
    status, report = await send(call, owner_id, FILE)
    assert (status, report) == (
        200,
        {
            "created": 2,
            "updated": 0,
            "unchanged": 0,
            "failed": [
                {
                    "line": 3,
                    "email": "bo@example.com",
                    "details": {"name": "This field is required"},
                },
                {
                    "line": 4,
                    "email": "ann",
                    "details": {
                        "email": "Invalid email format",
                        "phone": "Expected a phone number such as +4930123456",
                    },
                },
                {
                    "line": 5,
                    "email": "Zoe@example.com",
                    "details": {"email": "Line 2 has the same e-mail"},
                },
                {
                    "line": 6,
                    "email": "d@example.com",
                    "details": {"name": "Must be one line without control characters"},
                },
            ],
        },
    )
    _, body = await get(owner_id, "/contacts")
    listed = {one["name"]: one for one in body["data"]}
    assert set(listed) == {"Zoë Quinn", "=1+1"}
    assert listed["Zoë Quinn"]["phone"] == "+4930123456"
    assert listed["=1+1"]["notes"] == "Two\nlines"
    events = await pending_events(owner_id)
    assert {(one["type"], one["data"]["source"]) for one in events} == {("contact.created", "api")}
    assert {one["subject"] for one in events} == {one["id"] for one in body["data"]}


async def test_nobody_has_the_address_of_erased_persons(call: Call) -> None:
    details = {"email": "This address stands for persons who were erased"}
    contact = {"name": "Erased", "email": ERASED_EMAIL}
    status, answer = await call(new_id(), "POST", PATH, contact)
    assert (status, answer["details"]) == (400, details)
    _status, report = await send(call, new_id(), f"name,email\nErased,{ERASED_EMAIL}\n")
    assert report["failed"] == [{"line": 2, "email": ERASED_EMAIL, "details": details}]


async def test_an_import_changes_contacts_that_are_found_by_the_email(call: Call, get: Get) -> None:
    """Also by that of a merged one; blank cells change nothing."""
    owner_id = new_id()
    await send(call, owner_id, "name,email,notes\nAnn,ann@example.com,N\nLee,lee@example.com,\n")
    (lee, ann) = (await get(owner_id, "/contacts"))[1]["data"]
    if ann["name"] != "Ann":
        lee, ann = ann, lee
    await call(owner_id, "POST", f"{PATH}/{ann['id']}/merge", {"contactId": lee["id"]})
    rows = "name,email,company,notes\nAnn,ANN@example.com,,\nAnn B,lee@example.com,ACME,\n"
    status, report = await send(call, owner_id, rows)
    assert (status, report) == (200, {"created": 0, "updated": 1, "unchanged": 1, "failed": []})
    (contact,) = (await get(owner_id, "/contacts"))[1]["data"]
    shown = [contact[name] for name in ("name", "email", "company", "notes")]
    assert shown == ["Ann B", "ann@example.com", "ACME", "N"]


async def test_an_export_can_be_imported(call: Call, get: Get, service: Running) -> None:
    """By another host, who then has the same contacts; by the same one, nothing changes."""
    owner_id, other_id = new_id(), new_id()
    await send(call, owner_id, FILE)
    file = await export(service, owner_id)
    assert "'=1+1" in file
    assert "'+4930123456" in file
    assert (await send(call, owner_id, file))[1]["unchanged"] == 2
    assert (await send(call, other_id, file))[1]["created"] == 2
    names = ("name", "email", "phone", "company", "notes")
    both = [
        sorted([str(one[name]) for name in names] for one in body["data"])
        for _, body in [await get(owner_id, "/contacts"), await get(other_id, "/contacts")]
    ]
    assert both[0] == both[1]
    assert (await export(service, new_id())).count("\n") == 1


async def test_an_export_has_pages(
    call: Call, service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page after the last one has no contact."""
    monkeypatch.setattr(contact_files, "PAGE", 2)
    monkeypatch.setattr(contact_files, "SLICE", 1)
    owner_id = new_id()
    rows = "".join(f"N{number},n{number}@example.com\n" for number in range(5))
    await send(call, owner_id, f"name,email\n{rows}")
    pages = [await export(service, owner_id, page) for page in (1, 2, 3, 4)]
    assert [page.count("@example.com") for page in pages] == [2, 2, 1, 0]
    assert len({line for page in pages for line in page.splitlines()[1:]}) == 5


async def test_an_export_is_exact_while_contacts_come_and_go(
    call: Call, get: Get, service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A contact that stays is exported once, by the links from page to page."""
    monkeypatch.setattr(contact_files, "PAGE", 2)
    owner_id = new_id()
    rows = "".join(f"N{number},n{number}@example.com\n" for number in range(5))
    await send(call, owner_id, f"name,email\n{rows}")
    staying = [one["email"] for one in (await get(owner_id, "/contacts"))[1]["data"]]
    first, following = await exported(service, owner_id, f"{PATH}/export")
    for number in (7, 8):
        await send(call, owner_id, f"name,email\nNew,n{number}@example.com\n")
    newer = [one for one in (await get(owner_id, "/contacts"))[1]["data"] if one["name"] == "New"]
    pages = [first]
    while following is not None:
        assert following.startswith(f"{PATH}/export?cursor=")
        page, following = await exported(service, owner_id, following)
        pages.append(page)
        # Those before the position: with an offset the next page would leave one out.
        if newer:
            assert (await call(owner_id, "DELETE", f"{PATH}/{newer.pop()['id']}"))[0] == 200
    found = [line.split(",")[1] for page in pages for line in page.splitlines()[1:]]
    assert found == staying
    assert [page.count("@example.com") for page in pages] == [2, 2, 1]


@pytest.mark.parametrize("query", [{"cursor": "AAAA"}, {"cursor": ""}, {"page": 0}])
async def test_a_wrong_page_of_an_export_is_refused(get: Get, query: dict[str, Any]) -> None:
    """400 with the parameter."""
    status, body = await get(new_id(), "/contacts/export", **query)
    assert (status, list(body["details"])) == (400, list(query))


async def test_a_cursor_of_an_export_is_for_its_owner_and_without_a_page(
    call: Call, get: Get, service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the list's cursor nor that of another owner can be used."""
    monkeypatch.setattr(contact_files, "PAGE", 1)
    owner_id = new_id()
    await send(call, owner_id, "name,email\nA,a@example.com\nB,b@example.com\n")
    cursor = (await exported(service, owner_id, f"{PATH}/export"))[1].split("=")[1]
    listed = (await get(owner_id, "/contacts", limit=1))[1]["pagination"]["nextCursor"]
    for caller, query in (
        (new_id(), {"cursor": cursor}),
        (owner_id, {"cursor": listed}),
        (owner_id, {"cursor": cursor, "page": 2}),
    ):
        status, body = await get(caller, "/contacts/export", **query)
        assert (status, list(body["details"])) == (400, ["cursor"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "csv"),
        ({"csv": ""}, "csv"),
        ({"csv": "name\nAnn"}, "csv"),
        ({"csv": 'name,email\n"'}, "csv"),
        ({"csv": "name,email\n" + "a,b\n" * 501}, "csv"),
        ({"csv": "x" * 1_000_001}, "csv"),
        ({"csv": "name,email\n", "x": 1}, "x"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused(
    call: Call, body: dict[str, Any], field: str
) -> None:
    """400 with the reason; nothing is imported."""
    status, answer = await call(new_id(), "POST", f"{PATH}/import", body)
    assert (status, list(answer["details"])) == (400, [field])


async def test_imports_at_once_and_repeated(call: Call, get: Get) -> None:
    """Every contact is added once; the report of a repeated one is that of the first."""
    owner_id = new_id()
    rows = [f"N{number},n{number}@example.com\n" for number in range(30)]
    forth, back = "".join(rows), "".join(reversed(rows))
    files = [f"name,email\n{text}" for text in (forth, back, forth, back)]
    answers = await asyncio.gather(*(send(call, owner_id, file) for file in files))
    assert {status for status, _report in answers} == {200}
    assert sum(report["created"] for _status, report in answers) == 30
    assert (await get(owner_id, "/contacts"))[1]["pagination"]["total"] == 30
    first = await send(call, owner_id, "name,email\nNew,new@example.com\n", key="k")
    assert first[1]["created"] == 1
    assert await send(call, owner_id, "name,email\nNew,new@example.com\n", key="k") == first


async def test_an_import_changes_a_contact_that_is_added_meanwhile(
    call: Call, get: Get, stored: Database
) -> None:
    """The second of two equal imports used to report that the contact exists."""
    owner_id, now = new_id(), datetime(2026, 3, 1, tzinfo=UTC)
    ann = Contact(
        id=new_id(),
        owner_id=owner_id,
        name="Ann",
        email="ann@example.com",
        version=1,
        created_at=now,
        updated_at=now,
    )

    async def waits() -> bool:
        async with stored.connection() as watching:
            return bool(await watching.fetchval(WAITING))

    async with stored.transaction() as connection:
        assert await contacts.insert(connection, ann)
        file = "name,email,company\nAnn,ann@example.com,Example\nBo,bo@example.com,\n"
        asked = asyncio.ensure_future(send(call, owner_id, file))
        await eventually(waits, what="the import waits for the contact")
    assert await asked == (200, {"created": 1, "updated": 1, "unchanged": 0, "failed": []})
    _status, found = await get(owner_id, f"/contacts/{ann.id}")
    assert found["company"] == "Example"
