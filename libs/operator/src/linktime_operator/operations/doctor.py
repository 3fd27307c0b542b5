"""Diagnosis of this machine and the system found on it."""

import asyncio
import platform
import resource
import shutil
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import aiohttp
from pydantic import Field

from linktime_common.contracts.internal_api.bookings import MailState
from linktime_common.contracts.wire import WireModel, format_instant
from linktime_operator.clients import Clients
from linktime_operator.operations import dead_letters, probes
from linktime_operator.operations.probes import FoundServer, ServiceHealth
from linktime_operator.stack_file import StackFile

OLDEST_POSTGRES = 15
# Below 200 MB the private broker stops accepting messages; this leaves time to notice.
LEAST_FREE_BYTES = 1_000_000_000
LEAST_OPEN_FILES = 1024


class Diagnosis(WireModel):
    """The result; `problems` are sentences, empty if there are none.

    `warnings` are sentences about conditions that need attention although everything runs.
    `postgres_is_writable` and `mail` are None if unknown.
    """

    ok: bool = True
    problems: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    python: str
    tzdata: str
    postgres: str | None = None
    postgres_is_writable: bool | None = None
    rabbitmq: str | None = None
    mail: MailState | None = None
    services: dict[str, ServiceHealth] = Field(default_factory=dict)
    free_bytes: int
    open_files_limit: int


async def diagnose(
    session: aiohttp.ClientSession,
    urls: Mapping[str, str],
    running: StackFile | None,
    folder: Path,
    clients: Clients | None = None,
    *,
    obstacle: str | None = None,
) -> Diagnosis:
    """Run all checks concurrently; `urls` are the internal ones, `folder` is on the disk to check.

    The servers' versions are known only of a local stack, parked messages only with `clients`.
    `obstacle` is the reason why the system could not be found.
    """
    healths, postgres, rabbitmq, mail = await asyncio.gather(
        asyncio.gather(*(_look_at(session, clients, *one) for one in urls.items())),
        _server(probes.postgres, running),
        _server(probes.rabbitmq, running),
        probes.mail(clients),
    )
    found = Diagnosis(
        python=platform.python_version(),
        tzdata=version("tzdata"),
        postgres=postgres.version,
        postgres_is_writable=postgres.is_writable,
        rabbitmq=rabbitmq.version,
        mail=mail,
        services=dict(zip(urls, healths, strict=True)),
        free_bytes=shutil.disk_usage(_existing(folder)).free,
        open_files_limit=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    )
    problems = [
        *_machine_problems(found),
        *_server_problems(postgres, rabbitmq, running, folder),
        *([obstacle] if obstacle else []),
        *_service_problems(found),
        *mail_problems(found.mail),
    ]
    return found.model_copy(
        update={"ok": not problems, "problems": problems, "warnings": _warnings(found)}
    )


async def _look_at(
    session: aiohttp.ClientSession, clients: Clients | None, name: str, url: str
) -> ServiceHealth:
    ends = asyncio.get_running_loop().time() + probes.CALL_SECONDS
    health = await probes.health(session, url)
    if not health.answers:
        return health
    return health.model_copy(update={"parked": await probes.parked(clients, name, until=ends)})


async def _server(
    probe: Callable[[StackFile], Awaitable[FoundServer]], running: StackFile | None
) -> FoundServer:
    return await probe(running) if running else FoundServer()


def _machine_problems(found: Diagnosis) -> list[str]:
    problems = []
    if found.free_bytes < LEAST_FREE_BYTES:
        problems.append(f"Only {found.free_bytes / 1e6:.0f} MB of disk are free; keep 1 GB.")
    if found.open_files_limit < LEAST_OPEN_FILES:
        problems.append(
            f"Only {found.open_files_limit} files may be open at once; "
            f"type: ulimit -n {LEAST_OPEN_FILES}"
        )
    return problems


def _server_problems(
    postgres: FoundServer, rabbitmq: FoundServer, running: StackFile | None, folder: Path
) -> list[str]:
    if running is None:
        return []
    problems = []
    if postgres.problem:
        log = folder / "postgresql" / "postgres.log" if running.postgres.pid else None
        problems.append(_sentence("PostgreSQL", postgres.problem, log))
    if postgres.version and int(postgres.version.split(".")[0]) < OLDEST_POSTGRES:
        problems.append(f"PostgreSQL {postgres.version} is too old; {OLDEST_POSTGRES} is needed.")
    if postgres.is_writable is False:
        problems.append(
            "PostgreSQL is read-only: it is a standby, or default_transaction_read_only is on."
        )
    if rabbitmq.problem:
        log = folder / "rabbitmq" / "rabbitmq.log" if running.rabbitmq.pid else None
        problems.append(_sentence("RabbitMQ", rabbitmq.problem, log))
    return problems


def _service_problems(found: Diagnosis) -> list[str]:
    problems = []
    for name, health in found.services.items():
        if health.missing:
            problems.append(f"{name} is not ready: it waits for its {_missing(health)}.")
        elif not health.ready:
            problems.append(f"{name} does not answer at {health.url}.")
    return problems


def mail_problems(mail: MailState | None) -> list[str]:
    """Return why no mail can be sent, as sentences."""
    if mail is None or mail.reachable is not False:
        return []
    oldest = f"the oldest for {mail.oldest_seconds:.0f} s"
    waits = f" Mails wait: {mail.queued}, {oldest}." if mail.queued else ""
    return [f"Mail cannot be sent: {mail.error}.{waits}"]


def mail_warnings(mail: MailState | None) -> list[str]:
    """Return that no mail is sent by choice."""
    if mail is None or mail.configured:
        return []
    return ["No mail is sent: set BOOKINGS_SMTP_HOST, the name of a mail server."]


def _warnings(found: Diagnosis) -> list[str]:
    warnings = mail_warnings(found.mail)
    for name, health in found.services.items():
        warnings += [f"{name}: {text}." for text in health.warnings.values()]
        if health.parked:
            more = " or more" if health.parked >= dead_letters.PAGE else ""
            warnings.append(
                f"{name} gave up on messages ({health.parked}{more}); "
                f"type: linktime dead-letters list --service {name}"
            )
    return warnings


def _sentence(server: str, problem: str, log: Path | None) -> str:
    see = f" See {log}." if log else ""
    return f"{server} {problem}.{see}"


def _missing(health: ServiceHealth) -> str:
    return ", ".join(f"{name}{_in_brackets(health, name)}" for name in health.missing)


def _in_brackets(health: ServiceHealth, name: str) -> str:
    since = health.since.get(name)
    known = [f"since {format_instant(since)}" if since else "", health.reasons.get(name, "")]
    text = ": ".join(filter(None, known))
    return f" ({text})" if text else ""


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
