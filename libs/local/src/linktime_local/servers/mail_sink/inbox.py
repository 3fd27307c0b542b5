"""The HTTP side of the mail sink: the inbox, for a browser and for programs."""

import re
from importlib.resources import files

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from linktime_local.servers.mail_sink import pages
from linktime_local.servers.mail_sink.reading import ReadMail, read_mail
from linktime_local.servers.mail_sink.store import KeptMail, MailStore

# Another site's name that resolves to this machine (DNS rebinding) is in the Host header.
OWN_NAME = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# For octets of a message: `sandbox` applies also when they are opened outside of the frame. Nothing
# is loaded from elsewhere, so that a sender does not learn who reads.
FOREIGN_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
STYLE = files("linktime_local.servers.mail_sink").joinpath("inbox.css").read_text("utf-8")


class Inbox:
    """The handlers; each gets its messages from the store."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[_guarded])
        app.add_routes(
            [
                web.get("/", self._list),
                web.get("/messages.json", self._list_as_json),
                web.get("/inbox.css", _style),
                web.get("/messages/{id}.json", self._show_as_json),
                web.get("/messages/{id}", self._show),
                web.get("/messages/{id}/html", self._html),
                web.get("/messages/{id}/text", self._text),
                web.get("/messages/{id}/raw", self._raw),
                web.get("/messages/{id}/invitation.ics", self._invitation),
            ]
        )
        return app

    async def _list(self, _request: web.Request) -> web.Response:
        return _page(pages.inbox_page(self._store.newest_first()))

    async def _list_as_json(self, _request: web.Request) -> web.Response:
        return _json([self._described(mail) for mail in self._store.newest_first()])

    async def _show(self, request: web.Request) -> web.Response:
        mail = self._found(request)
        return _page(pages.mail_page(mail, self._read(mail)))

    async def _show_as_json(self, request: web.Request) -> web.Response:
        mail = self._found(request)
        read = self._read(mail)
        headers = [{"name": name, "value": value} for name, value in read.headers]
        return _json({**self._described(mail), "headers": headers, "text": read.text})

    async def _html(self, request: web.Request) -> web.Response:
        return _foreign(self._read(self._found(request)).html, "text/html")

    async def _text(self, request: web.Request) -> web.Response:
        return _foreign(self._read(self._found(request)).text, "text/plain")

    async def _raw(self, request: web.Request) -> web.Response:
        return _foreign(self._store.content(self._found(request)), "text/plain")

    async def _invitation(self, request: web.Request) -> web.Response:
        response = _foreign(self._read(self._found(request)).invitation, "text/calendar")
        response.headers["Content-Disposition"] = 'attachment; filename="invitation.ics"'
        return response

    def _found(self, request: web.Request) -> KeptMail:
        mail = self._store.find(request.match_info["id"])
        if mail is None:
            raise web.HTTPNotFound
        return mail

    def _read(self, mail: KeptMail) -> ReadMail:
        return read_mail(self._store.content(mail))

    def _described(self, mail: KeptMail) -> dict[str, object]:
        return {
            "id": mail.id,
            "to": ", ".join(mail.recipients),
            "subject": mail.subject,
            "kind": mail.kind,
            "receivedAt": mail.received_at,
            "path": str(self._store.path(mail)),
        }


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    response: web.StreamResponse
    if not OWN_NAME.fullmatch(request.headers.get("Host", "")):
        page = pages.message_page("Wrong address", "Open the inbox as 127.0.0.1 or localhost.")
        response = _page(page, status=421)
    else:
        try:
            response = await handler(request)
        except web.HTTPException as error:
            page = pages.message_page(error.reason, "There is nothing at this address.")
            response = _page(page, status=error.status)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


async def _style(_request: web.Request) -> web.Response:
    return web.Response(text=STYLE, content_type="text/css", charset="utf-8")


def _page(page: str, *, status: int = 200) -> web.Response:
    return web.Response(text=page, status=status, content_type="text/html", charset="utf-8")


def _json(value: object) -> web.Response:
    return web.Response(
        body=orjson.dumps(value, option=orjson.OPT_UTC_Z), content_type="application/json"
    )


def _foreign(part: str | bytes | None, content_type: str) -> web.Response:
    """Return a part of a message; not found if the message has none."""
    if part is None:
        raise web.HTTPNotFound
    return web.Response(
        body=part.encode() if isinstance(part, str) else part,
        content_type=content_type,
        charset="utf-8",
        headers={"Content-Security-Policy": FOREIGN_POLICY},
    )
