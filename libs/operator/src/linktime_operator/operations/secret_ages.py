"""How old the passwords and keys are that LinkTime has made."""

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

# Rotated once a year, with a month to do it.
OLDEST = timedelta(days=400)
HOW_TO_ROTATE = 'docs/operations.md, "Rotate keys and passwords"'

_LATER = re.compile(r"-[0-9]+$")


def in_use(made: Mapping[str, date]) -> dict[str, date]:
    """Return when the secrets were made that new values use, by the name of the first of them.

    `webhooks-sealing-2` is used instead of `webhooks-sealing`, which stays for older values.
    """
    newest: dict[str, date] = {}
    for name, day in made.items():
        first = _LATER.sub("", name)
        newest[first] = max(day, newest.get(first, day))
    return newest


def secret_problems(made: Mapping[str, date] | None, today: date) -> list[str]:
    """Return the names of old secrets as sentences, one for each day on which some were made."""
    old: dict[date, list[str]] = defaultdict(list)
    for name, day in in_use(made or {}).items():
        if today - day > OLDEST:
            old[day].append(name)
    return [
        f"Secrets are older than {OLDEST.days} days, made on {day}: {', '.join(sorted(names))}. "
        f"Rotate them: {HOW_TO_ROTATE}."
        for day, names in sorted(old.items())
    ]


def secret_warnings(made: Mapping[str, date] | None) -> list[str]:
    """Return that nothing is known."""
    if made is not None:
        return []
    return [
        (
            "The ages of the secrets are not known: LINKTIME_SECRETS_MADE is not set, which "
            "`linktime deploy secrets` writes into operator.env."
        )
    ]


def shown(made: Mapping[str, date] | None) -> str:
    """Return the oldest one, and what was not looked at."""
    if not made:
        return "ages not known"
    name, day = min(in_use(made).items(), key=lambda one: one[1])
    return f"oldest made on {day} ({name}); those from elsewhere are not looked at"
