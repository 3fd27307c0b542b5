"""The XML of requests."""

from collections.abc import Iterable
from datetime import UTC, datetime

from lxml import etree

DAV = "DAV:"
CALDAV = "urn:ietf:params:xml:ns:caldav"
SERVER = "http://calendarserver.org/ns/"
APPLE = "http://apple.com/ns/ical/"

PREFIXES = {"D": DAV, "C": CALDAV, "S": SERVER, "A": APPLE}

CURRENT_USER_PRINCIPAL = f"{{{DAV}}}current-user-principal"
CALENDAR_HOME_SET = f"{{{CALDAV}}}calendar-home-set"
RESOURCE_TYPE = f"{{{DAV}}}resourcetype"
DISPLAY_NAME = f"{{{DAV}}}displayname"
COLOUR = f"{{{APPLE}}}calendar-color"
COMPONENTS = f"{{{CALDAV}}}supported-calendar-component-set"
PRIVILEGES = f"{{{DAV}}}current-user-privilege-set"
CTAG = f"{{{SERVER}}}getctag"
ETAG = f"{{{DAV}}}getetag"
CALENDAR_DATA = f"{{{CALDAV}}}calendar-data"

OF_A_PLACE = (
    CURRENT_USER_PRINCIPAL,
    CALENDAR_HOME_SET,
    RESOURCE_TYPE,
    DISPLAY_NAME,
    COLOUR,
    COMPONENTS,
    PRIVILEGES,
)
OF_AN_OBJECT = (ETAG, CALENDAR_DATA)


def propfind(names: Iterable[str]) -> bytes:
    """Return the question for these properties."""
    return _document(_dav("propfind", _prop(names)))


def sync_collection(token: str) -> bytes:
    """Return the question for changes since the token; an empty one asks for all objects."""
    return _document(
        _dav(
            "sync-collection",
            _dav("sync-token", text=token),
            _dav("sync-level", text="1"),
            _prop((ETAG,)),
        )
    )


def multiget(paths: Iterable[str]) -> bytes:
    """Return the question for the objects at these paths."""
    hrefs = [_dav("href", text=path) for path in paths]
    return _document(_caldav("calendar-multiget", _prop(OF_AN_OBJECT), *hrefs))


def events_between(since: datetime, until: datetime) -> bytes:
    """Return the question for events that overlap the range."""
    return _query(_caldav("time-range", start=_instant(since), end=_instant(until)))


def events_with_uid(uid: str) -> bytes:
    """Return the question for events whose UID contains the text, as servers read it."""
    match = _caldav("text-match", text=uid, collation="i;octet")
    return _query(_caldav("prop-filter", match, name="UID"))


def _query(condition: etree._Element) -> bytes:
    events = _caldav("comp-filter", condition, name="VEVENT")
    calendar = _caldav("comp-filter", events, name="VCALENDAR")
    return _document(_caldav("calendar-query", _prop(OF_AN_OBJECT), _caldav("filter", calendar)))


def _prop(names: Iterable[str]) -> etree._Element:
    return _dav("prop", *(etree.Element(name, nsmap=PREFIXES) for name in names))


def _dav(name: str, *children: etree._Element, text: str = "") -> etree._Element:
    return _element(f"{{{DAV}}}{name}", children, text, {})


def _caldav(
    tag: str, *children: etree._Element, text: str = "", **attributes: str
) -> etree._Element:
    return _element(f"{{{CALDAV}}}{tag}", children, text, attributes)


def _element(
    name: str, children: Iterable[etree._Element], text: str, attributes: dict[str, str]
) -> etree._Element:
    element = etree.Element(name, attributes, nsmap=PREFIXES)
    element.text = text or None
    element.extend(children)
    return element


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _document(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")
