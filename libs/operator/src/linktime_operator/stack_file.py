"""`.run/stack.json`: the addresses of a running stack, for people, tests and the command."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError

from linktime_common.contracts.wire import WireModel
from linktime_common.private_files import read_regular, write_private
from linktime_common.process_table import command_line
from linktime_common.setting_types import AmqpUrl, BaseUrl, IdentityKey, Port, PostgresDsn
from linktime_operator.errors import StackError

FOLDER = ".run"
NAME = "stack.json"
MOST_PID = 2**31 - 1


def _valid_as(kind: Any) -> AfterValidator:
    """Check a text as a value of this type, and keep it as text."""
    adapter = TypeAdapter[Any](kind)

    def check(text: str) -> str:
        adapter.validate_python(text)
        return text

    return AfterValidator(check)


Text = Annotated[str, StringConstraints(min_length=1)]
Id = Annotated[str, _valid_as(UUID)]
Url = Annotated[str, _valid_as(BaseUrl)]
ProcessId = Annotated[int, Field(ge=1, le=MOST_PID)]


class DemoEventType(WireModel):
    id: Id
    slug: Text


class Demo(WireModel):
    """The demo host, with its credentials; None for one that could not be made.

    `password` is the one that it was created with, None if its file is damaged.
    """

    email: Text
    password: Text | None
    username: Text
    api_key: Text | None
    scim_token: Text | None
    event_types: list[DemoEventType]


class RunningService(WireModel):
    url: Url
    internal_url: Url
    pids: list[ProcessId]


class ServiceDatabase(WireModel):
    dsn: Annotated[str, _valid_as(PostgresDsn)]


class RunningPostgres(WireModel):
    """`pid` is None for a given server."""

    host: Annotated[str, StringConstraints(pattern=r"^[^\s/@]+$")]
    port: Port
    pid: ProcessId | None
    databases: Annotated[dict[str, ServiceDatabase], Field(min_length=1)]


class RunningRabbitMQ(WireModel):
    """`url` is the administrator's; `pid` is None for a given server."""

    url: Annotated[str, _valid_as(AmqpUrl)]
    pid: ProcessId | None


class RunningMail(WireModel):
    """The mail sink: where services send to, and the page that shows it."""

    smtp: Annotated[str, StringConstraints(pattern=r"^smtp://[^\s/@]+:[0-9]+$")]
    inbox: Url
    pid: ProcessId | None


class RunningCalendar(WireModel):
    """The calendar of the private CalDAV server; `url` is the address of the calendar itself."""

    url: Url
    user: Text
    password: Text
    pid: ProcessId | None


class OperatorKeys(WireModel):
    """The operator's identity keys by audience, `<id>:<secret>`."""

    keys: dict[str, Annotated[str, _valid_as(IdentityKey)]]


class StackFile(WireModel):
    """A running stack; `pid` is the launcher's, `demo` None if there is none.

    `mail` is None if a real SMTP server is used, `calendar` if it is off.
    """

    pid: ProcessId
    gateway: Url
    public_url: Url
    demo: Demo | None
    services: dict[str, RunningService]
    postgres: RunningPostgres
    rabbitmq: RunningRabbitMQ
    mail: RunningMail | None
    calendar: RunningCalendar | None
    operator: OperatorKeys

    def write(self, state: Path) -> None:
        """Write the file atomically into the state folder, mode 0600."""
        write_private(state / NAME, self.model_dump_json(indent=2) + "\n")


def read(state: Path, services: Collection[str] = ()) -> StackFile | None:
    """Return the stack running on this state folder; None when there is none.

    Raises StackError when its file cannot be read or is damaged, or lacks one of the services.
    """
    path = state / NAME
    try:
        found = StackFile.model_validate_json(read_regular(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StackError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValidationError as error:  # pydantic's message quotes keys and passwords
        raise _damaged(path) from error
    if not set(services) <= found.services.keys() & found.operator.keys.keys():
        raise _damaged(path)
    # A launcher that was killed does not remove its file.
    return found if command_line(found.pid) is not None else None


def _damaged(path: Path) -> StackError:
    return StackError(f"{path} is damaged: stop LinkTime and start it again.")


def remove(state: Path) -> None:
    """Remove the file."""
    (state / NAME).unlink(missing_ok=True)
