"""How calendars of known providers are connected, as data. None was run against its vendor."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit


class ConnectionKind(StrEnum):
    """Which adapter connects."""

    CALDAV = "caldav"
    ICS = "ics"


@dataclass(frozen=True)
class Preset:
    """What a host enters for one provider; an empty label means that nothing is entered.

    `url` is filled in for the host if it has no `{`; braces are what the host replaces.
    `other_hosts` are patterns of the provider's hosts, which get the password although the host
    entered another one of them. `mails_attendees` says that the server invites attendees although
    SCHEDULE-AGENT says not to, so events written there name none.
    """

    key: str
    name: str
    kind: ConnectionKind
    url: str
    user: str
    password: str
    hint: str
    other_hosts: tuple[str, ...] = ()
    mails_attendees: bool = False


PRESETS: tuple[Preset, ...] = (
    Preset(
        key="icloud",
        name="Apple iCloud",
        kind=ConnectionKind.CALDAV,
        url="https://caldav.icloud.com/",
        user="The e-mail address of the Apple Account",
        password="An app-specific password",  # noqa: S106
        hint=(
            "Create the password at account.apple.com under Sign-In and Security. The password of"
            " the account itself is refused, and changing that one ends all app-specific passwords"
        ),
        other_hosts=("caldav.icloud.com", "p*-caldav.icloud.com"),
    ),
    Preset(
        key="fastmail",
        name="Fastmail",
        kind=ConnectionKind.CALDAV,
        url="https://caldav.fastmail.com/",
        user="The e-mail address of the Fastmail account",
        password="An app password with access to calendars",  # noqa: S106
        hint="Create the password in the settings under Privacy & Security, App passwords",
    ),
    Preset(
        key="nextcloud",
        name="Nextcloud",
        kind=ConnectionKind.CALDAV,
        url="https://{host}/remote.php/dav/",
        user="The user name",
        password="An app password",  # noqa: S106
        hint=(
            "Create the password in the settings under Security, Devices & sessions. It is"
            " required if the account has a second factor"
        ),
    ),
    Preset(
        key="zimbra",
        name="Zimbra",
        kind=ConnectionKind.CALDAV,
        url="https://{host}/dav/",
        user="The e-mail address of the account",
        password="The password, or an application passcode",  # noqa: S106
        hint=(
            "Create an application passcode in the preferences under Accounts if the account has a"
            " second factor"
        ),
        mails_attendees=True,
    ),
    Preset(
        key="caldav",
        name="Another CalDAV server",
        kind=ConnectionKind.CALDAV,
        url="https://{host}/",
        user="The user name",
        password="The password, or an app password if the server has them",  # noqa: S106
        hint="The address of the server is enough if it supports discovery (RFC 6764)",
    ),
    Preset(
        key="google",
        name="Google Calendar",
        kind=ConnectionKind.ICS,
        url="https://calendar.google.com/calendar/ical/{calendar}/private-{secret}/basic.ics",
        user="",
        password="",
        hint=(
            "Copy the secret address in iCal format from the calendar's settings, Integrate"
            " calendar. LinkTime can read this calendar, but put no bookings into it"
        ),
    ),
    Preset(
        key="proton",
        name="Proton Calendar",
        kind=ConnectionKind.ICS,
        url="https://calendar.proton.me/api/calendar/v1/url/{secret}/calendar.ics?{secret}",
        user="",
        password="",
        hint=(
            "Create a link in the calendar's settings, Share outside Proton. The limited view is"
            " enough. Changes can take hours to appear in the link"
        ),
    ),
    Preset(
        key="outlook",
        name="Outlook published calendar",
        kind=ConnectionKind.ICS,
        url="https://outlook.office365.com/owa/calendar/{secret}/calendar.ics",
        user="",
        password="",
        hint=(
            "Publish the calendar in the settings under Calendar, Shared calendars, and copy the"
            " ICS link. Changes can take hours to appear in it"
        ),
    ),
    Preset(
        key="ics",
        name="Another calendar feed",
        kind=ConnectionKind.ICS,
        url="https://{address}.ics",
        user="",
        password="",
        hint="Any address of a calendar in iCalendar format; webcal:// addresses too",
    ),
)


def mails_attendees(key: str) -> bool:
    """Return whether servers of this preset invite attendees by themselves."""
    return any(preset.key == key and preset.mails_attendees for preset in PRESETS)


def other_hosts_of(url: str) -> Sequence[str]:
    """Return the patterns of hosts that may get the password given for this address."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ()
    for preset in PRESETS:
        if any(fnmatchcase(host, pattern) for pattern in preset.other_hosts):
            return preset.other_hosts
    return ()
