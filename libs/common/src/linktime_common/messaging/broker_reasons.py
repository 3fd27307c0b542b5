"""Why RabbitMQ is not available, in words that contain no address and no password."""

from aio_pika.exceptions import (
    AuthenticationError,
    ConnectionClosed,
    InvalidFrameError,
    ProbableAuthenticationError,
)
from aiormq.exceptions import ChannelAccessRefused, ChannelPreconditionFailed

from linktime_common.failures import describe
from linktime_common.network_errors import network_reason

BLOCKED = (
    "RabbitMQ blocks publishing, since it is short of memory or disk; `rabbitmqctl status` names "
    "the alarm"
)
LOST = "the connection to RabbitMQ was lost"
NOT_YET = "RabbitMQ has not answered yet"
SILENT = "RabbitMQ does not answer"


def reason_of(error: BaseException) -> str:
    """Return why no connection with a declared topology could be opened."""
    match error:
        case ProbableAuthenticationError() | AuthenticationError():
            return "RabbitMQ refuses the user or the password"
        case ConnectionClosed() | InvalidFrameError():
            # aiormq expects only OpenOk: the virtual host is missing, stopped, or not permitted.
            return "RabbitMQ refuses the virtual host"
        case ChannelAccessRefused():
            return "RabbitMQ lets the user not declare all queues; other services must start first"
        case ChannelPreconditionFailed():
            return "RabbitMQ has an exchange or a queue of the same name with other arguments"
    return f"RabbitMQ cannot be reached: {network_reason(error) or describe(error)}"
