"""Signatures, verified by the libraries that subscribers use."""

import json
import subprocess
from base64 import b64encode
from pathlib import Path
from time import time
from typing import Any

import pytest
from libs.common.tests.egress.receivers import NO_CONTENT, answering, listening
from services.webhooks.tests.clients.posting import EVENT, OWNER
from standardwebhooks import Webhook, WebhookVerificationError

from linktime_local.testing import node
from linktime_webhooks.clients.subscriber import Subscribers, Target
from linktime_webhooks.domain.signing import message_id, new_secret, show_secret

NODE = Path(__file__).parent.parent / "node"
BODY = '{"type":"contact.created","data":{"name":"Zoë \\u0000 🎉"}}'.encode()


@pytest.fixture(scope="session")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm package, installed once from its lock file."""
    return node.install(NODE, tmp_path_factory.mktemp("node")).parent


async def sent(subscribers: Subscribers, secrets: list[bytes]) -> tuple[dict[str, str], bytes]:
    """The headers and body of a delivery as received."""
    async with listening(answering(NO_CONTENT)) as receiver:
        outcome = await subscribers.post(
            Target(OWNER, receiver.url, secrets, {}),
            message_id=message_id(EVENT),
            timestamp=int(time()),
            body=BODY,
        )
    assert outcome.delivered
    head, _blank, body = receiver.requests[0].partition(b"\r\n\r\n")
    lines = (line.partition(b": ") for line in head.split(b"\r\n")[1:])
    return {name.decode().lower(): value.decode() for name, _colon, value in lines}, body


def judged_by_node(folder: Path, cases: list[dict[str, Any]]) -> list[bool]:
    """Return the npm package's result for each case."""
    verdicts: list[bool] = json.loads(_run(folder, "node", "verify.mjs", sent=json.dumps(cases)))
    return verdicts


def _run(folder: Path, *command: str, sent: str = "") -> str:
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        input=sent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_both_libraries_accept_every_live_secret(
    subscribers: Subscribers, verifier: Path
) -> None:
    """With one secret, and with two or three during rotations."""
    cases = []
    for count in (1, 2, 3):
        secrets = [new_secret() for _ in range(count)]
        headers, body = await sent(subscribers, secrets)
        assert headers["webhook-signature"].count(" ") == count - 1
        assert headers["webhook-signature"] == headers["webhook-signature"].strip()
        for secret in secrets:
            assert Webhook(show_secret(secret)).verify(body, headers) == json.loads(BODY)
            cases.append(_case(secret, headers, body))
    assert judged_by_node(verifier, cases) == [True] * 6


async def test_both_libraries_refuse_invalid_signatures(
    subscribers: Subscribers, verifier: Path
) -> None:
    """Another secret, body or id, or an old timestamp; shows that the tests above can fail."""
    secret = new_secret()
    headers, body = await sent(subscribers, [secret])
    long_ago = str(int(time()) - 3600)
    forged = [
        _case(new_secret(), headers, body),
        _case(secret, headers, body + b" "),
        _case(secret, headers | {"webhook-id": "msg_0"}, body),
        _case(secret, headers | {"webhook-timestamp": long_ago}, body),
    ]
    for case in forged:
        with pytest.raises(WebhookVerificationError):
            Webhook(case["secret"]).verify(case["body"].encode(), case["headers"])
    assert judged_by_node(verifier, [_case(secret, headers, body), *forged]) == [True] + [False] * 4


async def test_the_order_is_newest_first(subscribers: Subscribers) -> None:
    """A receiver that only checks the first signature needs the newest secret."""
    newest, oldest = new_secret(), new_secret()
    headers, body = await sent(subscribers, [newest, oldest])
    first, _space, _rest = headers["webhook-signature"].partition(" ")
    alone = headers | {"webhook-signature": first}
    Webhook(show_secret(newest)).verify(body, alone)
    with pytest.raises(WebhookVerificationError):
        Webhook(show_secret(oldest)).verify(body, alone)


async def test_the_message_id_is_derived_from_the_event_id(subscribers: Subscribers) -> None:
    """Without a dot, which separates the signed parts."""
    headers, _body = await sent(subscribers, [new_secret()])
    assert headers["webhook-id"] == "msg_01975f3e8f7c7a529c1e5b8f0d3a6e24"
    assert headers["webhook-timestamp"].isdigit()


def test_a_secret_is_shown_in_the_standard_form() -> None:
    """32 bytes in base64, after a prefix."""
    secret = bytes(range(32))
    assert show_secret(secret) == "whsec_" + b64encode(secret).decode()
    assert len({new_secret() for _ in range(10)}) == 10


def _case(secret: bytes, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    return {"secret": show_secret(secret), "headers": headers, "body": body.decode()}
