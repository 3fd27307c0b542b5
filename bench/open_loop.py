"""Requests at a steady rate, however slowly they are answered, to two targets in turn.

`python -m bench.open_loop FIRST SECOND KEY RATE` prints, as JSON, the milliseconds that each
request took, by target and window. wrk has no rate, and Debian no wrk2; this does what wrk2 does: a
request's time counts from when it was due, so that one slow answer is not hidden by requests that
were then not sent.
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
# Short, and many: a machine that stops for some milliseconds every second for reasons of its own
# spoils a part of the windows instead of each.
WINDOW_SECONDS = 0.25
WINDOWS = 80
HEAD_END = b"\r\n\r\n"


class Connection:
    """One kept connection with at most one request on it."""

    def __init__(self, host: str, port: int, request: bytes) -> None:
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._received = b""
        self.due = 0.0

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def send(self, due: float) -> None:
        """Ask; `due` is when this should have happened."""
        self.due = due
        self._received = b""
        self._socket.sendall(self._request)

    def is_answered(self) -> bool:
        """Take in what has arrived; raises SystemExit for an answer that is not 200."""
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
    """Open ones that ask for `url`."""
    parts = urlsplit(url)
    request = (
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {key}\r\n\r\n"
    ).encode()
    return [
        Connection(str(parts.hostname), int(parts.port or 80), request) for _ in range(CONNECTIONS)
    ]


def window(target: list[Connection], rate: float) -> list[float]:
    """The milliseconds that each request of one window took."""
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
        # select waits for microseconds where poll and epoll wait for whole milliseconds.
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
    for target in targets:  # the first request on a connection is not like the others
        window(target, float(rate))
    rounds = [[window(target, float(rate)) for target in targets] for _ in range(WINDOWS)]
    print(json.dumps(list(zip(*rounds, strict=True))))


if __name__ == "__main__":
    main()
