"""Bookings made one after another while something happens to the stack."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from verification.checkouts import CheckFailed, Checkout

OK, CREATED, SERVER_ERROR = 200, 201, 500
NO_ANSWER = (OSError, http.client.HTTPException, ValueError)
EMAIL = "traffic@example.org"
SLUG = "traffic"
PAUSE_SECONDS = 0.5
WEEKS = 8
GUEST = "zoe@example.com"


@dataclass
class Api:
    """The API with the key of one host."""

    address: str
    key: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return status and JSON; raises NO_ANSWER."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=20)
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        try:
            given = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v1{path}", given, sent | headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def slots(self) -> list[str]:
        """Return the free times of the coming weeks."""
        first = datetime.now(UTC).date() + timedelta(days=1)
        found: list[str] = []
        for week in range(WEEKS):
            start = first + timedelta(weeks=week)
            query = f"startDate={start}&endDate={start + timedelta(days=6)}&timezone=UTC"
            status, body = self.call("GET", f"/availability/{SLUG}?{query}")
            if status != OK:
                raise CheckFailed(f"availability was answered {status}: {body}")
            found += [slot["startTime"] for slot in body["data"]]
        return found

    def book(self, start: str, **headers: str) -> tuple[int, Any]:
        """Book a time for a guest."""
        guest = {"inviteeName": "Zoë", "inviteeEmail": GUEST, "inviteeTimezone": "UTC"}
        wanted = {"eventTypeSlug": SLUG, "startTime": start, **guest}
        return self.call("POST", "/bookings", wanted, **headers)

    def bookings(self) -> dict[str, str]:
        """Return the start of each booking by id, page by page."""
        found: dict[str, str] = {}
        cursor = ""
        while True:
            status, body = self.call("GET", f"/bookings?limit=100{cursor}")
            if status != OK:
                raise CheckFailed(f"the list of bookings was answered {status}: {body}")
            found |= {one["id"]: one["startTime"] for one in body["data"]}
            following = body["pagination"].get("nextCursor")
            if not following:
                return found
            cursor = f"&cursor={following}"


def make_host(checkout: Checkout) -> Api:
    """Make a user with a key and an event type that can be booked often."""
    checkout.operator(f"user create --email {EMAIL} --name 'Traffic Host' --plan BUSINESS")
    kind = {"name": "Traffic", "slug": SLUG, "durationMinutes": 15}
    checkout.operator(f"event-type create --user {EMAIL} --file -", given=json.dumps(kind))
    made = checkout.operator(f"api-key create --user {EMAIL} --json")
    return Api(checkout.address, str(json.loads(made)["key"]))


@dataclass
class Traffic:
    """Books until it is stopped; what is not answered is repeated with the same key."""

    api: Api
    booked: dict[str, str] = field(default_factory=dict)
    """Start by id of each booking that was answered."""
    requests: int = 0
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Traffic":
        free = self.api.slots()
        self._thread = threading.Thread(target=self._run, args=(free,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(60)

    def _run(self, free: list[str]) -> None:
        for start in free:
            if self._stop.is_set():
                return
            self._book(start)
            time.sleep(PAUSE_SECONDS)

    def _book(self, start: str) -> None:
        key = str(uuid4())
        while not self._stop.is_set():
            self.requests += 1
            try:
                status, body = self.api.book(start, **{"Idempotency-Key": key})
            except NO_ANSWER as error:
                self._failed(f"{type(error).__name__}: {error}")
                continue
            if status == CREATED:
                self.booked[body["bookingId"]] = start
                return
            self._failed(f"{status} {json.dumps(body)[:200]}")
            if status < SERVER_ERROR:
                return

    def _failed(self, what: str) -> None:
        self.failures.append(f"{datetime.now(UTC):%H:%M:%S} {what}")
        time.sleep(PAUSE_SECONDS)

    def compare(self) -> str:
        """Return the sums as a sentence; raises CheckFailed if a booking is lost or double."""
        known = self.api.bookings()
        lost = self.booked.keys() - known.keys()
        if lost:
            raise CheckFailed(f"{len(lost)} answered bookings are lost: {sorted(lost)[:5]}")
        starts = sorted(known.values())
        if len(set(starts)) != len(starts):
            raise CheckFailed("a time was booked twice")
        if not self.booked:
            raise CheckFailed(f"nothing was booked: {self.failures[:3]}")
        failed = f", {len(self.failures)} failed" if self.failures else ", none failed"
        return f"{len(self.booked)} bookings kept; {self.requests} requests{failed}"
