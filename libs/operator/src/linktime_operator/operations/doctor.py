"""Diagnosis of this machine and the system found on it."""

import asyncio
import platform
import resource
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

import aiohttp
from pydantic import Field

from linktime_common.contracts.internal_api.bookings import MailState
from linktime_common.contracts.internal_api.service_state import ServiceState
from linktime_common.contracts.wire import WireModel
from linktime_common.http.client import Answered
from linktime_operator.clients import Clients
from linktime_operator.errors import CallFailed, OperatorError
from linktime_operator.operations import certificate, inventory, probes, reconciling
from linktime_operator.operations.certificate import (
    Certificate,
    certificate_problems,
    certificate_warnings,
)
from linktime_operator.operations.comparison import NamedDifference, Report, compare, named
from linktime_operator.operations.connections import connection_problems
from linktime_operator.operations.probes import FoundServer, ServiceHealth
from linktime_operator.operations.readiness_polls import ReadinessPolls
from linktime_operator.operations.secret_ages import secret_problems, secret_warnings
from linktime_operator.operations.service_problems import (
    hold_problems,
    key_warnings,
    refused_key_problems,
    service_problems,
    unanswering,
)
from linktime_operator.stack_file import StackFile

OLDEST_POSTGRES = 15
# Below 200 MB the private broker stops accepting messages; this leaves time to notice.
LEAST_FREE_BYTES = 1_000_000_000
LEAST_OPEN_FILES = 1024


class Diagnosis(WireModel):
    """The result; `problems` are sentences, empty if there are none.

    `warnings` are sentences about conditions that need attention although everything runs.
    `postgres_is_writable`, `mail`, `certificate` and `secrets_made` (days by name) are None if
    unknown, `differences` if nothing was compared. `restore_first` says why `linktime reconcile`
    refuses to mend them.
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
    certificate: Certificate | None = None
    secrets_made: dict[str, date] | None = None
    services: dict[str, ServiceHealth] = Field(default_factory=dict)
    differences: list[NamedDifference] | None = None
    restore_first: str | None = None
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
    public_url: str | None = None,
) -> Diagnosis:
    """Run all checks concurrently; `urls` are the internal ones, `folder` is on the disk to check.

    The servers' versions are known only of a local stack, parked messages only with `clients`.
    `obstacle` is the reason why the system could not be found. The certificate is looked at if
    `public_url` is an https address.
    """
    healths, postgres, rabbitmq, mail, (overdue, ending), shown = await asyncio.gather(
        asyncio.gather(*(_look_at(session, clients, running, *one) for one in urls.items())),
        _server(probes.postgres, running),
        _server(probes.rabbitmq, running),
        probes.mail(clients),
        asyncio.gather(
            probes.count(clients, inventory.OVERDUE_HOLDS),
            probes.count(clients, inventory.ENDING_API_KEYS),
        ),
        certificate.look_at(public_url),
    )
    found = Diagnosis(
        python=platform.python_version(),
        tzdata=version("tzdata"),
        postgres=postgres.version,
        postgres_is_writable=postgres.is_writable,
        rabbitmq=rabbitmq.version,
        mail=mail,
        certificate=shown,
        services=dict(zip(urls, healths, strict=True)),
        free_bytes=min(shutil.disk_usage(place).free for place in _data_places(folder)),
        open_files_limit=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    )
    problems = [
        *_machine_problems(found, has_data=running is not None or not urls),
        *_server_problems(postgres, rabbitmq, running, folder),
        *([obstacle] if obstacle else []),
        *service_problems(found.services),
        *(refused_key_problems(found.services, clients.keys) if clients else []),
        *connection_problems(found.services),
        *hold_problems(overdue),
        *mail_problems(found.mail, found.services.get("bookings")),
        *certificate_problems(shown),
    ]
    ending_soon = [*key_warnings(ending), *certificate_warnings(shown, datetime.now(UTC))]
    warnings = [*_warnings(found), *ending_soon]
    return found.model_copy(update={"ok": not problems, "problems": problems, "warnings": warnings})


async def compared(found: Diagnosis, clients: Clients, report: Report) -> Diagnosis:
    """Add the differences between the services; each kind is a problem.

    Nothing is compared with a service that has just not answered: each call would wait for long.
    """
    if silent := unanswering(found.services, clients.keys):
        names = ", ".join(silent)
        return with_problems(
            found,
            [f"The services were not compared, because not every process of {names} answered."],
        )
    try:
        rows = await compare(clients, report)
        refusal = await reconciling.refusal(clients, rows)
    except CallFailed as error:
        return with_problems(found, [f"The services cannot be compared: {error.reason}."])
    except (OperatorError, Answered) as error:
        return with_problems(found, [f"The services cannot be compared: {error}"])
    differences = named(rows)
    whole = found.model_copy(update={"differences": differences, "restore_first": refusal})
    return with_problems(whole, list(map(_difference, differences)))


def dated(found: Diagnosis, made: Mapping[str, date] | None, today: date) -> Diagnosis:
    """Add when the secrets were made; an old one is a problem."""
    warnings = [*found.warnings, *secret_warnings(made)]
    update = {"secrets_made": made, "warnings": warnings}
    return with_problems(found.model_copy(update=update), secret_problems(made, today))


def with_problems(found: Diagnosis, more: Sequence[str]) -> Diagnosis:
    """Add problems that were found elsewhere."""
    problems = [*found.problems, *more]
    return found.model_copy(update={"ok": not problems, "problems": problems})


def _difference(one: NamedDifference) -> str:
    more = ", …" if one.count > len(one.ids) else ""
    return f"{one.kind} ({one.count}): {', '.join(one.ids)}{more}"


async def _look_at(
    session: aiohttp.ClientSession,
    clients: Clients | None,
    running: StackFile | None,
    name: str,
    url: str,
) -> ServiceHealth:
    pids = _pids(running, name, url)
    polls = ReadinessPolls(session, url, pids)
    await polls.poll(1)
    known = len(pids) or None
    if not polls.health(known).answers:
        return polls.health(known)
    parked, state = await asyncio.gather(probes.parked(clients, name), probes.state(clients, name))
    processes = known or _serving(state)
    await polls.poll(processes or 1)
    return polls.health(processes).model_copy(update={"parked": parked, "state": state})


def _pids(running: StackFile | None, name: str, url: str) -> Sequence[int]:
    """Return the processes at this address, if it is that of a stack on this machine."""
    service = running.services.get(name) if running else None
    return service.pids if service and service.internal_url == url else ()


def _serving(state: ServiceState | None) -> int | None:
    return state.connections.serving if state and state.connections else None


async def _server(
    probe: Callable[[StackFile], Awaitable[FoundServer]], running: StackFile | None
) -> FoundServer:
    return await probe(running) if running else FoundServer()


def _machine_problems(found: Diagnosis, *, has_data: bool) -> list[str]:
    """Return problems of this machine; its disk matters only if the servers' data is on it."""
    problems = []
    if has_data and found.free_bytes < LEAST_FREE_BYTES:
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


def mail_problems(mail: MailState | None, health: ServiceHealth | None = None) -> list[str]:
    """Return why no mail can be sent, as sentences; `health` is that of bookings.

    The process that sends says itself why mails wait, but may have another address.
    """
    if mail is None:
        return []
    if mail.reachable is not False:
        is_said = mail.waits_because is None or (health is not None and "mail" in health.problems)
        return [] if is_said else [f"bookings: mail waits: {mail.waits_because}."]
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
    return warnings


def _sentence(server: str, problem: str, log: Path | None) -> str:
    see = f" See {log}." if log else ""
    return f"{server} {problem}.{see}"


def _data_places(folder: Path) -> list[Path]:
    """Return where PostgreSQL and RabbitMQ of a local stack keep their data."""
    elsewhere = folder / "postgresql" / "location"
    try:
        return [_existing(folder), _existing(Path(elsewhere.read_text().strip()))]
    except OSError:
        return [_existing(folder)]


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
