"""`linktime webhook listen`"""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Sequence

import click
from rich.console import Console
from rich.highlighter import JSONHighlighter
from standardwebhooks import Webhook

from linktime_common.texts import escaped
from linktime_operator.commands.base import WholeNumber, json_option, run_or_explain
from linktime_operator.operations.forwarding import check_target, forwarding
from linktime_operator.operations.listening import (
    NO_CONTENT,
    Received,
    always,
    listening,
    verifier,
)
from linktime_operator.output import json_line, lines

PORT = 9000
VERDICTS = {
    True: ("verified", "green"),
    False: ("NOT GENUINE", "red"),
    None: ("not verified: no --secret", "yellow"),
}


@click.command("listen", short_help="Receive webhooks on this machine.")
@click.option("--port", type=WholeNumber(0, 65_535), default=PORT, show_default=True)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="WHSEC",
    help="Verify signatures with it; may be repeated.",
)
@click.option(
    "--forward-to", metavar="URL", help="Forward requests to this URL and return its responses."
)
@click.option(
    "--answer",
    type=WholeNumber(200, 599),
    metavar="STATUS",
    help="Respond with this status; 204 by default.",
)
@json_option
def listen(
    *,
    port: int,
    secrets: tuple[str, ...],
    forward_to: str | None,
    answer: int | None,
    as_json: bool,
) -> None:
    """Receive webhooks on this machine and show them, until Ctrl-C; for development.

    Requests with an invalid signature get 401. With --json, one line per delivery.
    """
    if forward_to is not None and answer is not None:
        raise click.UsageError("Give --forward-to or --answer, not both.")
    try:
        verifiers = [verifier(secret) for secret in secrets]
        if forward_to is not None:
            check_target(forward_to)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    work = _listen(port, verifiers, forward_to, answer or NO_CONTENT, as_json=as_json)
    run_or_explain(work, as_json=as_json)


async def _listen(
    port: int, verifiers: Sequence[Webhook], forward_to: str | None, status: int, *, as_json: bool
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    show = _print_line if as_json else _shown_on(Console())
    answer = always(status) if forward_to is None else forwarding(forward_to)
    async with listening(port, verifiers, show, answer=answer) as url:
        print(f"Listening on {url} until Ctrl-C.", file=sys.stderr, flush=True)
        await stopped.wait()


def _print_line(received: Received) -> None:
    line = {
        "path": received.path,
        "id": received.message_id,
        "verified": received.verified,
        "refusal": received.refusal,
        "answered": received.answered,
        "failure": received.failure,
        "body": received.read(),
    }
    print(json_line(line), flush=True)


def _shown_on(console: Console) -> Callable[[Received], None]:
    def show(received: Received) -> None:
        words, style = VERDICTS[received.verified]
        said = f"{words}: {received.refusal}" if received.refusal else words
        said = f"{said}, answered {received.answered}"
        said = f"{said}. {received.failure}" if received.failure else said
        of = escaped(f"{received.message_id} to {received.path}")
        console.print(f"\n{of}", markup=False, highlight=False, soft_wrap=True)
        console.print(escaped(said), style=style, markup=False, highlight=False, soft_wrap=True)
        body = json.dumps(received.read(), indent=2, ensure_ascii=False)
        console.print(JSONHighlighter()(lines(body)), soft_wrap=True)

    return show
