"""The presets are data that the dashboard shows; each can be used by an adapter."""

import re
from pathlib import Path

import pytest

from linktime_availability.calendars.caldav.adapter import CalDavAdapter
from linktime_availability.calendars.caldav.requests import CalDavAccount
from linktime_availability.calendars.ics import IcsFeed
from linktime_availability.calendars.presets import (
    PRESETS,
    ConnectionKind,
    Preset,
    other_hosts_of,
)
from linktime_common.egress.client import GuardedClient

PAGE = (Path(__file__).parents[4] / "docs" / "calendars.md").read_text("utf-8")
BRACES = re.compile(r"\{\w+\}")


def test_keys_are_unique() -> None:
    assert len({one.key for one in PRESETS}) == len(PRESETS)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda one: one.key)
def test_a_preset_can_be_used(preset: Preset, guarded: GuardedClient) -> None:
    """Its address is one when the braces are replaced; CalDAV needs a user, a feed does not."""
    url = BRACES.sub("cloud.example", preset.url)
    if preset.kind is ConnectionKind.CALDAV:
        assert preset.user
        assert preset.password
        CalDavAdapter(guarded, CalDavAccount(url, "ann", "secret", preset.other_hosts))
    else:
        assert (preset.user, preset.password, preset.other_hosts) == ("", "", ())
        IcsFeed(guarded, url)
    assert preset.hint


@pytest.mark.parametrize("preset", PRESETS, ids=lambda one: one.key)
def test_a_preset_is_documented(preset: Preset) -> None:
    """With its name and its address; and that none was run against its vendor."""
    by = {ConnectionKind.CALDAV: "CalDAV", ConnectionKind.ICS: "feed"}[preset.kind]
    assert f"| {preset.name} | {by} | `{preset.url}`" in PAGE
    assert "None of these was run against the vendor" in PAGE


@pytest.mark.parametrize(
    ("url", "is_known"),
    [
        ("https://caldav.icloud.com/", True),
        ("https://CALDAV.iCloud.com", True),
        ("https://p12-caldav.icloud.com/1/", True),
        ("https://icloud.com/", False),
        ("https://caldav.icloud.com.evil.test/", False),
        ("https://evil.test/caldav.icloud.com", False),
        ("https://caldav.icloud.com@evil.test/", False),
        ("https://cloud.example/", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_the_hosts_of_a_provider_belong_to_its_own_address(url: str, is_known: bool) -> None:
    """So another server cannot be given them."""
    assert bool(other_hosts_of(url)) is is_known
