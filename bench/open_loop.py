"""Requests at a steady rate, regardless of response times, to two targets alternately.

`python -m bench.open_loop FIRST SECOND KEY RATE` prints, as JSON, the milliseconds of each request,
by target and window. wrk has no rate, and Debian has no wrk2. As in wrk2, a request's time starts
when it is due, so that a slow response also counts for the requests that it delays.
"""

import gc
import json
import select
import socket
import sys
import time
from collections import deque
from urllib.parse import urlsplit

CONNECTIONS = 32
# Short and many: a machine that pauses for some milliseconds every second affects only a part of
# the windows.
WINDOW_SECONDS = 0.25
WINDOWS = 80
HEAD_END = b"\r\n\r\n"


class Connection:
    """One persistent connection with at most one request."""

    def __init__(self, host: str, port: int, request: bytes) -> None:
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._received = b""
        self.due = 0.0

    def fileno(self) -> int:
        """Return the descriptor for select."""
        return self._socket.fileno()

    def send(self, due: float) -> None:
        """Send the request, which was due at `due`."""
        self.due = due
        self._received = b""
        self._socket.sendall(self._request)

    def is_answered(self) -> bool:
        """Read the available bytes; raises SystemExit for a response that is not 200."""
        arrived = self._socket.recv(65536)
        self._received += arrived
        head, ended, body = self._received.partition(HEAD_END)
        if not arrived or (ended and not head.startswith(b"HTTP/1.1 200 ")):
            raise SystemExit(f"a request was not answered: {head!r}")
        if not ended:
            return False
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return len(body) >= int(length)


def connections(url: str, key: str) -> list[Connection]:
    """Open connections that request `url`."""
    parts = urlsplit(url)
    request = (
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {key}\r\n\r\n"
    ).encode()
    return [
        Connection(str(parts.hostname), int(parts.port or 80), request) for _ in range(CONNECTIONS)
    ]


def window(target: list[Connection], rate: float) -> list[float]:
    """Return the milliseconds of each request of one window."""
    idle, busy, took = deque(target), set[Connection](), list[float]()
    due = time.perf_counter()
    last = due + WINDOW_SECONDS
    while due < last or busy:
        now = time.perf_counter()
        while idle and due <= now and due < last:
            connection = idle.popleft()
            connection.send(due)
            busy.add(connection)
            due += 1 / rate
        # select has microsecond timeouts, poll and epoll only milliseconds.
        wait = max(0.0, due - time.perf_counter()) if idle and due < last else None
        for connection in select.select(busy, [], [], wait)[0]:
            if connection.is_answered():
                took.append((time.perf_counter() - connection.due) * 1000)
                busy.discard(connection)
                idle.append(connection)
    return took


def main() -> None:
    *urls, key, rate = sys.argv[1:]
    gc.disable()
    targets = [connections(url, key) for url in urls]
    for target in targets:  # warm up: the first request on a connection is slower
        window(target, float(rate))
    rounds = [[window(target, float(rate)) for target in targets] for _ in range(WINDOWS)]
    print(json.dumps(list(zip(*rounds, strict=True))))


if __name__ == "__main__":
    main()
