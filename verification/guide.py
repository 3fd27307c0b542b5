"""The commands of deploy/README.md, run as they are written."""

import re

from verification.checkouts import CheckFailed, Checkout

SECTION = "\n## Docker Compose\n"
END = "\n### Metrics and alerts"
"""From here on images of others are needed."""
PORT = "8080"


def blocks(checkout: Checkout) -> list[str]:
    """Return the shell blocks of the section."""
    text = (checkout.folder / "deploy/README.md").read_text("utf-8")
    section = text.partition(SECTION)[2].partition(END)[0]
    return re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)


def follow(checkout: Checkout) -> str:
    """Run what comes after the first start: settings, the first user and a request."""
    _install, settings, _first_user = blocks(checkout)
    checkout.run(settings)
    make_first_user(checkout)
    checkout.operator("doctor")
    return f"{len(blocks(checkout))} blocks"


def make_first_user(checkout: Checkout) -> None:
    """Run the commands for the first user, and the request; raises CheckFailed."""
    _install, _settings, first_user = blocks(checkout)
    commands, request = first_user.split("curl ", 1)
    printed = checkout.run(commands)
    shown = re.findall(r"lt_live_\w+", printed)  # the prefix alone, and the key
    if not shown:
        raise CheckFailed(f"no key is shown: {printed}")
    request = request.replace("<the key>", max(shown, key=len)).replace(PORT, str(checkout.port))
    answered = checkout.run(f"curl --silent --show-error --fail {request}")
    if '"startTime"' not in answered:
        raise CheckFailed(f"no free time was answered: {answered[:300]}")
