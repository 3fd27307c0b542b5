"""What doctor says about mail."""

import pytest

from linktime_common.contracts.internal_api.bookings import MailState
from linktime_operator.operations.doctor import mail_problems, mail_warnings
from linktime_operator.operations.probes import ServiceHealth

DOWN = {"configured": True, "reachable": False, "error": "the mail server cannot be reached"}


def test_why_mails_wait_is_said_once() -> None:
    """By the process that sends, if it has answered; it may have another address."""
    state = MailState(
        configured=True,
        reachable=True,
        error=None,
        queued=1,
        oldest_seconds=0,
        waits_because="the mail server does not forward mail of this sender (554)",
    )
    silent = ServiceHealth(url="http://127.0.0.1:9", ready=True)
    telling = silent.model_copy(update={"problems": {"mail": "mail waits"}})
    sentence = f"bookings: mail waits: {state.waits_because}."
    assert mail_problems(state) == mail_problems(state, silent) == [sentence]
    assert mail_problems(state, telling) == []


@pytest.mark.parametrize(
    ("state", "problems", "warnings"),
    [
        (None, [], []),
        ({"configured": True, "reachable": True, "error": None, "queued": 3}, [], []),
        (
            {"configured": False, "reachable": None, "error": None, "queued": 0},
            [],
            ["No mail is sent: set BOOKINGS_SMTP_HOST, the name of a mail server."],
        ),
        (
            {**DOWN, "queued": 0},
            ["Mail cannot be sent: the mail server cannot be reached."],
            [],
        ),
        (
            {**DOWN, "queued": 3},
            [f"Mail cannot be sent: {DOWN['error']}. Mails wait: 3, the oldest for 61 s."],
            [],
        ),
    ],
)
def test_mail_server(
    state: dict[str, object] | None, problems: list[str], warnings: list[str]
) -> None:
    """A server that is configured and cannot be used is a problem; none is a warning."""
    found = None if state is None else MailState.model_validate({**state, "oldestSeconds": 61.2})
    assert mail_problems(found) == problems
    assert mail_warnings(found) == warnings
