"""The pages of the inbox; they need no script."""

from collections.abc import Sequence

from linktime_common.texts import escaped
from linktime_local.servers.mail_sink.markup import Markup, element, void
from linktime_local.servers.mail_sink.reading import ReadMail
from linktime_local.servers.mail_sink.store import KeptMail

NO_SUBJECT = "(no subject)"
TITLES = ("Received", "To", "Subject", "Kind")
TIME = "%Y-%m-%d %H:%M:%S UTC"


def inbox_page(mails: Sequence[KeptMail]) -> str:
    """Return the list of messages, newest first."""
    if not mails:
        return _page("Inbox", element("p", "No message has arrived yet."))
    heads = (element("th", title, scope="col", role="columnheader") for title in TITLES)
    head = element("thead", element("tr", *heads, role="row"), role="rowgroup")
    caption = element("caption", f"{len(mails)} of the last messages, newest first")
    body = element("tbody", *map(_row, mails), role="rowgroup")
    # The roles, because the style of a narrow window makes blocks of the cells.
    table = element("table", caption, head, body, role="table")
    return _page("Inbox", table)


def mail_page(mail: KeptMail, read: ReadMail) -> str:
    """Return one message: envelope, headers, and its readable parts."""
    where = f"/messages/{mail.id}"
    links = [("Raw message", f"{where}/raw")]
    if read.invitation is not None:
        links.append(("Invitation (.ics)", f"{where}/invitation.ics"))
    return _page(
        _subject(mail),
        element("p", element("a", "Back to the inbox", href="/")),
        _facts(mail),
        element("ul", *(element("li", element("a", name, href=to)) for name, to in links)),
        *_html_part(read, where),
        *_text_part(read, where),
        _headers(read),
    )


def message_page(title: str, sentence: str) -> str:
    """Return a page with one sentence, for an error."""
    return _page(title, element("p", sentence), element("p", element("a", "Inbox", href="/")))


def _row(mail: KeptMail) -> Markup:
    cells: tuple[str, ...] = (
        element("time", mail.received_at.strftime(TIME)),
        _shown(", ".join(mail.recipients)),
        element("a", _subject(mail), href=f"/messages/{mail.id}", dir="auto"),
        _shown(mail.kind or "–"),
    )
    titled = zip(TITLES, cells, strict=True)
    return element(
        "tr",
        *(element("td", cell, data_title=title, role="cell") for title, cell in titled),
        role="row",
    )


def _facts(mail: KeptMail) -> Markup:
    facts = (
        ("Received", mail.received_at.strftime(TIME)),
        ("Sender of the envelope", mail.sender or "–"),
        ("Recipients of the envelope", ", ".join(mail.recipients)),
        ("Kind", mail.kind or "–"),
    )
    return _list_of(facts)


def _html_part(read: ReadMail, where: str) -> list[Markup]:
    if read.html is None:
        return []
    # The empty attribute forbids scripts, forms, popups, and access to this page.
    frame = element("iframe", src=f"{where}/html", sandbox="", title="HTML part of the message")
    return [element("h2", "HTML"), frame]


def _text_part(read: ReadMail, where: str) -> list[Markup]:
    if read.text is None:
        return []
    alone = element("p", element("a", "Text alone", href=f"{where}/text"))
    lines = "\n".join(map(escaped, read.text.replace("\r\n", "\n").split("\n")))
    text = element("pre", lines, tabindex="0", aria_label="Text part of the message", role="region")
    return [element("h2", "Text"), text, alone]


def _headers(read: ReadMail) -> Markup:
    summary = element("summary", f"All {len(read.headers)} headers")
    return element("details", summary, _list_of(read.headers))


def _list_of(pairs: "Sequence[tuple[str, str]]") -> Markup:
    rows = (
        element("div", element("dt", _shown(name)), element("dd", _shown(value), dir="auto"))
        for name, value in pairs
    )
    return element("dl", *rows)


def _subject(mail: KeptMail) -> str:
    return _shown(mail.subject) if mail.subject.strip() else NO_SUBJECT


def _shown(text: str) -> str:
    """Return the text with control characters and changes of direction made visible."""
    return escaped(text)


def _page(title: str, *content: Markup) -> str:
    head = element(
        "head",
        void("meta", charset="utf-8"),
        element("title", f"{title} – LinkTime mail"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("link", rel="stylesheet", href="/inbox.css"),
    )
    main = element("main", element("h1", title, dir="auto"), *content)
    return "<!doctype html>\n" + element("html", head, element("body", main), lang="en")
