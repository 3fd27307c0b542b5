"""`linktime webhook listen`"""

import asyncio
import signal
import sys
from collections.abc import Callable

import click
import orjson
from rich.console import Console

from linktime_operator.commands.base import json_option, run_or_explain
from linktime_operator.operations.listening import Received, listening, verifier

PORT = 9000
VERDICTS = {
    True: ("verified", "green"),
    False: ("NOT GENUINE", "red"),
    None: ("not verified: no --secret", "yellow"),
}


@click.command("listen")
@click.option("--port", type=click.IntRange(0, 65_535), default=PORT, show_default=True)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="WHSEC",
    help="Verify signatures by it; may be given several times.",
)
@json_option
def listen(port: int, secrets: tuple[str, ...], as_json: bool) -> None:
    """Receive webhooks on this machine and show them, until Ctrl-C; for development.

    What is not genuine is answered 401, all else 204. With --json, one line a delivery.
    """
    run_or_explain(_listen(port, secrets, as_json=as_json), as_json=as_json)


async def _listen(port: int, secrets: tuple[str, ...], *, as_json: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    show = _print_line if as_json else _shown_on(Console())
    async with listening(port, [verifier(secret) for secret in secrets], show) as url:
        print(f"Listening on {url} until Ctrl-C.", file=sys.stderr, flush=True)
        await stopped.wait()


def _print_line(received: Received) -> None:
    line = {
        "path": received.path,
        "id": received.message_id,
        "verified": received.verified,
        "refusal": received.refusal,
        "body": received.read(),
    }
    print(orjson.dumps(line).decode(), flush=True)


def _shown_on(console: Console) -> Callable[[Received], None]:
    def show(received: Received) -> None:
        words, style = VERDICTS[received.verified]
        said = f"{words}: {received.refusal}" if received.refusal else words
        console.print(f"\n{received.message_id} to {received.path}", markup=False, highlight=False)
        console.print(said, style=style, markup=False, highlight=False)
        console.print_json(data=received.read())

    return show
