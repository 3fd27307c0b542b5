"""A complete stack.json."""

from base64 import urlsafe_b64encode

from linktime_operator.stack.services import SERVICES
from linktime_operator.stack_file import (
    Demo,
    DemoEventType,
    OperatorKeys,
    RunningCalendar,
    RunningMail,
    RunningPostgres,
    RunningRabbitMQ,
    RunningService,
    ServiceDatabase,
    StackFile,
)

SECRET = urlsafe_b64encode(b"hunter2-hunter2-hunter2-hunter2-").decode()
DSN = "postgresql://u:hunter2@127.0.0.1:9/x"
NOWHERE = "http://127.0.0.1:9"
DEMO = Demo(
    email="demo@example.com",
    password="hunter2",
    username="demo",
    api_key="lt_live_hunter2",
    scim_token=None,
    event_types=[DemoEventType(id="01a222eb-750d-77a6-a494-00f65cce696b", slug="intro")],
)


def described(pid: int) -> StackFile:
    """Return the file of a stack of which nothing answers; `pid` is the launcher's."""
    service = RunningService(url=NOWHERE, internal_url=NOWHERE, pids=[1])
    return StackFile(
        pid=pid,
        gateway=NOWHERE,
        public_url=NOWHERE,
        demo=DEMO,
        services=dict.fromkeys(SERVICES, service),
        postgres=RunningPostgres(
            host="127.0.0.1",
            port=9,
            pid=1,
            databases=dict.fromkeys(SERVICES, ServiceDatabase(dsn=DSN)),
        ),
        rabbitmq=RunningRabbitMQ(url="amqp://u:hunter2@127.0.0.1:9/", pid=1),
        mail=RunningMail(smtp="smtp://127.0.0.1:9", inbox=NOWHERE, pid=1),
        calendar=RunningCalendar(
            url=f"{NOWHERE}/demo/meetings/", user="demo", password="hunter2", pid=1
        ),
        operator=OperatorKeys(keys={name: f"operator-{name}:{SECRET}" for name in SERVICES}),
    )
