"""`.run/stack.json`: the addresses of a running stack, for people, tests and the command."""

from pathlib import Path

from pydantic import ValidationError

from linktime_common.contracts.wire import WireModel
from linktime_common.private_files import write_private
from linktime_common.process_table import command_line
from linktime_operator.errors import StackError

FOLDER = ".run"
NAME = "stack.json"


class DemoEventType(WireModel):
    id: str
    slug: str


class Demo(WireModel):
    """The demo host, with its credentials; None for one that could not be made.

    `password` is the one that it was created with, None if its file is damaged.
    """

    email: str
    password: str | None
    username: str
    api_key: str | None
    scim_token: str | None
    event_types: list[DemoEventType]


class RunningService(WireModel):
    url: str
    internal_url: str
    pids: list[int]


class ServiceDatabase(WireModel):
    dsn: str


class RunningPostgres(WireModel):
    """`pid` is None for a given server."""

    host: str
    port: int
    pid: int | None
    databases: dict[str, ServiceDatabase]


class RunningRabbitMQ(WireModel):
    """`url` is the administrator's; `pid` is None for a given server."""

    url: str
    pid: int | None


class RunningMail(WireModel):
    """The mail sink: where services send to, and the page that shows it."""

    smtp: str
    inbox: str
    pid: int | None


class RunningCalendar(WireModel):
    """The calendar of the private CalDAV server; `url` is the address of the calendar itself."""

    url: str
    user: str
    password: str
    pid: int | None


class OperatorKeys(WireModel):
    """The operator's identity keys by audience, `<id>:<secret>`."""

    keys: dict[str, str]


class StackFile(WireModel):
    """A running stack; `pid` is the launcher's, `demo` None if there is none.

    `mail` is None if a real SMTP server is used, `calendar` if it is off.
    """

    pid: int
    gateway: str
    public_url: str
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


def read(state: Path) -> StackFile | None:
    """Return the stack running on this state folder; None when there is none.

    Raises StackError when its file cannot be read or is damaged.
    """
    path = state / NAME
    try:
        found = StackFile.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StackError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValidationError as error:  # pydantic's message quotes keys and passwords
        raise StackError(f"{path} is damaged: stop LinkTime and start it again.") from error
    # A launcher that was killed does not remove its file.
    return found if command_line(found.pid) is not None else None


def remove(state: Path) -> None:
    """Remove the file."""
    (state / NAME).unlink(missing_ok=True)
