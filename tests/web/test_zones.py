"""Every viewer sees exactly the instants of the API, also on days of clock change."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from linktime_operator.operations import scheduling
from tests.hosts import Host
from tests.web.changes import book_as_invitee
from tests.web.checks import check, tab_to
from tests.web.visitor import Open

ZONES = [
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "America/New_York",
]
MINUS = "−"


def next_change(zone: str, *, back: bool) -> str:
    """Return the local date on which clocks next go back (or forward); tomorrow without any."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for hours in range(24, 24 * 400):
        before, after = (
            (now + timedelta(hours=hours + more)).astimezone(ZoneInfo(zone)) for more in (0, 1)
        )
        change = after.utcoffset() - before.utcoffset()  # type: ignore[operator]
        if change and (change < timedelta()) is back:
            return after.date().isoformat()
    return (now.astimezone(ZoneInfo(zone)) + timedelta(days=1)).date().isoformat()


async def offered(host: Host, slug: str, date: str, zone: str) -> list[datetime]:
    query = f"timezone={zone}&startDate={date}&endDate={date}"
    path = f"/api/public/{host.username}/{slug}/slots?{query}"
    answer = await host.call("GET", path)
    starts = [datetime.fromisoformat(one["startTime"]) for one in answer.body["data"]]
    return [start.astimezone(ZoneInfo(zone)) for start in starts]


def shown(start: datetime) -> str:
    """Return a time as the page writes it: with its offset if the hour repeats."""
    text = start.strftime("%H:%M")
    if start.replace(fold=1 - start.fold).utcoffset() == start.utcoffset():
        return text
    minutes = int((start.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"{text} GMT{MINUS if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


@pytest.mark.parametrize("zone", ZONES)
async def test_a_day_has_the_times_of_the_api(host: Host, visit: Open, zone: str) -> None:
    """On the days on which clocks go forward and back."""
    slug = await host.add_event_type(maxDaysInAdvance=730)
    for back in (False, True):
        date = next_change(zone, back=back)
        starts = await offered(host, slug, date, zone)
        visitor = await visit(f"/{host.username}/{slug}?date={date}", zone=zone)
        await visitor.page.locator(".times .time").first.wait_for()
        assert await visitor.times() == [shown(one) for one in starts]
    if zone == "America/New_York":
        assert sum("GMT" in time for time in await visitor.times()) == 4


async def test_the_zone_is_found_by_city_and_country(host: Host, visit: Open) -> None:
    """By keyboard; the times change and the zone is used for the booking."""
    visitor = await visit(f"/{host.username}/{host.event_type}", zone="Europe/Berlin")
    page = visitor.page
    await tab_to(page, page.locator(".zone-name"))
    for query, found in (
        ("mumbai", "Kolkata"),
        ("nepal", "Kathmandu"),
        ("san fran", "Los Angeles"),
    ):
        await page.keyboard.press("Enter")
        await page.locator("#zone-query:focus").wait_for()
        await page.keyboard.type(query)
        await page.locator("#zone-0", has_text=found).wait_for()
        await page.keyboard.press("Enter")
        await page.locator(".zone-name", has_text=found).wait_for()
        assert "zone-name" in await page.evaluate("document.activeElement.className")
    await page.keyboard.press("Enter")
    await page.locator("#zone-query:focus").wait_for()
    await page.keyboard.type("no such place")
    await page.get_by_text("Nothing found").wait_for()
    await check(visitor)
    await page.keyboard.press("Escape")
    await expect(page.locator(".zone-search")).to_have_count(0)


@pytest.mark.parametrize(
    ("named", "zone"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("+05:30", "America/New_York"),
    ],
)
async def test_a_zone_in_the_address(host: Host, visit: Open, named: str, zone: str) -> None:
    """The API is sent a zone that it knows; a bare offset is none, so the browser's is used."""
    path = f"/{host.username}/{host.event_type}?{urlencode({'tz': named})}"
    visitor = await visit(path, zone="America/New_York")
    await visitor.page.locator(".times .time").last.click()
    await visitor.fill()
    await visitor.page.click(".primary[type=submit]")
    await visitor.page.locator(".done h2").wait_for()
    (booking,) = (await host.call("GET", "/api/v1/bookings")).body["data"]
    assert booking["inviteeTimezone"] == zone


async def test_an_hour_that_repeats(host: Host, visit: Open) -> None:
    """A booking over the change, and the times near one that is taken, have their offsets."""
    zone = "America/New_York"
    slug = await host.add_event_type(maxDaysInAdvance=730)
    date = next_change(zone, back=True)
    visitor = await visit(f"/{host.username}/{slug}?date={date}", zone=zone)
    page = visitor.page
    await page.locator(".times .time", has_text=f"01:30 GMT{MINUS}4").click()
    moment = page.locator(".moment")
    await expect(moment).to_contain_text(f"01:30 GMT{MINUS}4 – 01:00 GMT{MINUS}5")
    await visitor.fill()
    answer = await host.book(f"{date}T05:30:00Z", slug=slug)
    assert answer.status == 201, answer
    await page.click(".primary[type=submit]")
    near = page.locator(".notice .time")
    await near.first.wait_for()
    times = [text.split(", ")[1] for text in await near.all_inner_texts()]
    assert {f"01:00 GMT{MINUS}4", f"01:00 GMT{MINUS}5"} <= set(times)
    assert "00:30" in times


async def test_one_time_of_an_hour_that_repeats(host: Host, visit: Open) -> None:
    """It has its offset also if the other is taken, in the list and above it."""
    zone = "America/New_York"
    slug = await host.add_event_type(maxDaysInAdvance=730)
    date = next_change(zone, back=True)
    assert (await host.book(f"{date}T05:00:00Z", slug=slug)).status == 201
    visitor = await visit(f"/{host.username}/{slug}?date={date}", zone=zone)
    page = visitor.page
    time = page.locator(".times .time", has_text="01:00")
    await expect(time).to_have_text([f"01:00 GMT{MINUS}5"])
    await page.route("**/api/bookings*", lambda route: route.abort())
    await time.click()
    await visitor.fill()
    await page.click(".primary[type=submit]")
    await page.get_by_text("There was no answer").wait_for()
    await page.go_back()
    await page.locator(".missed strong", has_text=f"01:00 GMT{MINUS}5").wait_for()


async def test_the_device_clock_does_not_matter(host: Host, visit: Open) -> None:
    """A clock that is wrong by days: today and what is over are the server's."""
    wrong = "const real = Date.now; Date.now = () => real() + 3 * 86400000;"
    visitor = await visit(f"/{host.username}/{host.event_type}", zone="UTC", init=wrong)
    today = await visitor.page.locator("[aria-current='date']").inner_text()
    assert int(today) == datetime.now(UTC).day
    await visitor.page.goto(visitor.gateway + await book_as_invitee(host))
    await visitor.page.get_by_text("Booked", exact=True).wait_for()


@pytest.mark.parametrize(
    ("named", "city", "zone"),
    [("asia/kolkata", "Kolkata", "Asia/Kolkata"), ("EST", "EST", "EST")],
)
async def test_a_zone_has_its_present_name(
    host: Host, visit: Open, named: str, city: str, zone: str
) -> None:
    """What browsers know by a former name or take as a city's; the API takes the name too."""
    visitor = await visit(f"/{host.username}/{host.event_type}?tz={named}")
    page = visitor.page
    await page.locator(".zone-name", has_text=city).wait_for()
    await page.click(".zone-name")
    await page.locator("#zone-0.present", has_text=city).wait_for()
    await page.keyboard.press("Escape")
    await page.locator(".times .time").last.click()
    await visitor.fill()
    await page.click(".primary[type=submit]")
    await page.locator(".done h2").wait_for()
    (booking,) = (await host.call("GET", "/api/v1/bookings")).body["data"]
    assert booking["inviteeTimezone"] == zone


async def test_the_list_of_zones_begins_with_the_present_one(host: Host, visit: Open) -> None:
    """It says that there are more; of what a query finds, none is chosen by itself."""
    visitor = await visit(f"/{host.username}/{host.event_type}")
    page = visitor.page
    await page.click(".zone-name")
    await page.locator("#zone-0.present[aria-selected='true']", has_text="Berlin").wait_for()
    selected = page.locator("[role=option][aria-selected='true']")
    await expect(selected).to_have_count(1)
    count = page.locator("#zone-count")
    await expect(count).to_contain_text("The first 60 of")
    assert await count.bounding_box() is not None
    assert await page.locator("#zone-query").get_attribute("aria-describedby") == "zone-count"
    await check(visitor)
    await page.keyboard.press("Enter")
    await page.locator(".zone-search").wait_for(state="detached")
    await expect(page.locator(".zone-name")).to_contain_text("Berlin")

    await page.click(".zone-name")
    await page.locator("#zone-query:focus").wait_for()
    await page.keyboard.type("san")
    await page.locator("[role=option]", has_text="Los Angeles (San Diego)").wait_for()
    await expect(selected).to_have_count(0)
    await page.keyboard.press("Enter")
    await expect(page.locator(".zone-search")).to_have_count(1)
    await check(visitor)
    await page.keyboard.press("ArrowDown")
    await page.locator("#zone-0[aria-selected='true']").wait_for()


async def choose_zone(page: Page, city: str) -> None:
    await page.click(".zone-name")
    await page.locator("#zone-query:focus").wait_for()
    await page.keyboard.type(city)
    await page.locator("#zone-0", has_text=city).wait_for()
    await page.keyboard.press("Enter")
    await page.locator(".zone-name", has_text=city).wait_for()


async def test_the_date_stays_when_the_zone_changes(host: Host, visit: Open) -> None:
    """The date that was chosen, or the nearest with times, which may be in another month."""
    today = datetime.now(UTC).date()
    last = (today.replace(day=1) + timedelta(days=93)).replace(day=1) - timedelta(days=1)
    before = last - timedelta(days=5)
    schedule = {
        "timezone": "UTC",
        "weekly": {},
        "overrides": {
            str(last - timedelta(days=20)): [["09:00", "18:00"]],
            str(before): [["09:00", "18:00"]],
            str(last): [["20:00", "24:00"]],
        },
    }
    await scheduling.set_schedule(host.stack.clients, host.email, schedule)
    slug = await host.add_event_type(maxDaysInAdvance=365)
    visitor = await visit(f"/{host.username}/{slug}?date={before}", zone="UTC")
    page = visitor.page
    heading = page.locator("#times")
    await heading.get_by_text(f"{before.day} {before:%B}").wait_for()
    await choose_zone(page, "Lisbon")
    await expect(heading).to_contain_text(f"{before.day} {before:%B}")
    await page.locator(".day", has_text=re.compile(f"^{last.day}$")).click()
    await heading.get_by_text(f"{last.day} {last:%B}").wait_for()
    await choose_zone(page, "Tokyo")
    after = last + timedelta(days=1)
    await heading.get_by_text(f"{after.day} {after:%B}").wait_for()
    await expect(page.locator("#month")).to_contain_text(f"{after:%B}")
    await page.locator(".times .time", has_text="05:00").wait_for()


async def test_a_zone_that_is_an_offset(host: Host, visit: Open) -> None:
    """Only its offset is shown: its name has the opposite sign."""
    visitor = await visit(f"/{host.username}/{host.event_type}?tz=Etc/GMT%2B5")
    page = visitor.page
    text = await page.locator(".zone-name").inner_text()
    assert re.findall(r"GMT\S*", text) == [f"GMT{MINUS}5"]
    await page.locator(".times .time").first.click()
    await expect(page.locator(".moment .quiet")).to_have_text(f" GMT{MINUS}5")
