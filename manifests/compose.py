"""The services' containers in docker-compose.yml, and the operator's, which uses all of them.

A service has two: one migrates its database and ends, then the other runs.
"""

from collections.abc import Mapping

from linktime_local.servers.postgres import LOG_WITHOUT_DATA
from linktime_operator.stack import connections
from linktime_operator.stack.services import (
    INNER,
    NAMES_PUBLIC_URL,
    OPERATOR,
    OUTER,
    SERVICES,
)
from manifests.calls import addresses
from manifests.version import VERSION

PUBLIC_URL = "${LINKTIME_PUBLIC_URL:-http://127.0.0.1:${LINKTIME_PORT:-8080}}"
# The network `edge`, which has a fixed address. Connections to the published port come from the
# network's own address, because it is published on the loopback address of the host only.
TRUSTED_PROXIES = """'["${LINKTIME_EDGE_SUBNET:-10.231.77.0/24}"]'"""

CONTAINERS = """\
  {service}-migrate:
    <<: *migration
    image: linktime/{service}:${{LINKTIME_VERSION:-{version}}}
{env_file}{named_environment}
  {service}:
    <<: *service
    image: linktime/{service}:${{LINKTIME_VERSION:-{version}}}
{env_file}{environment}{stop}    networks: [{networks}]
{ports}    depends_on:
      {service}-migrate: {{ condition: service_completed_successfully }}
{waits}{limits}"""
STOPS = {
    "webhooks": (
        "    stop_grace_period: 35s"
        " # what is on the wire has 20 s to be recorded, after the service's 10 s\n"
    )
}
PORTS = {"gateway": '    ports: ["127.0.0.1:${LINKTIME_PORT:-8080}:8000"]\n'}
OUTER_NETWORKS = {
    "availability": "egress",
    "bookings": "egress",
    "gateway": "edge",
    "webhooks": "egress",
}
HEALTHY, STARTED = "{ condition: service_healthy }", "{ condition: service_started }"
USED = {"gateway": ("valkey",)}
"""What a service uses and works without."""

ENV_FILES = """\
    env_file:
      - deploy/compose/secrets/{service}.env
{more}      - {{ path: deploy/compose/settings/{service}.env, required: false }}
"""
MORE_ENV_FILES = {
    "bookings": """\
      # The operator's mail server; deploy/README.md says what it contains.
      - { path: deploy/compose/secrets/mail.env, required: false }
"""
}
OPERATORS = """\
  # The operator's command: docker compose run --rm operator user list
  operator:
    <<: *hardened
    image: linktime/operator:${{LINKTIME_VERSION:-{version}}}
    pull_policy: never
    profiles: [tools]
    env_file: deploy/compose/secrets/operator.env
    environment:
{settings}    networks: [backend, data]
    deploy: *service-limits
"""
LIMITS = {
    "availability": """\
    deploy:
      resources:
        # Four calendars are read at once, and four asked before bookings. Each needs up to 64 MiB
        # for its answer and 512 MiB for the child process that expands it, together 4.5 GiB. Few
        # need more than a tenth; if memory runs out, the kernel ends the largest child.
        limits: { cpus: "1.0", memory: 2560M, pids: 128 }
""",
    "gateway": """\
    deploy:
      resources:
        # Hashing a password takes 64 MiB for each one at work.
        limits: { cpus: "1.0", memory: 512M, pids: 128 }
""",
}


def postgres_command() -> str:
    """Return the command of PostgreSQL: room for all services, and no rows in its log."""
    settings = (f"max_connections={connections.on_one_machine()}", *LOG_WITHOUT_DATA)
    words = ", ".join(["postgres", *(word for one in settings for word in ("-c", one))])
    return f"    command: [{words}]\n"


def containers() -> str:
    """Return all containers, dependencies first."""
    operator = OPERATORS.format(
        version=VERSION, settings=_settings(addresses(OPERATOR, "LINKTIME", "{}"))
    )
    return "\n".join([*map(_of_service, SERVICES), operator])


def _of_service(service: str) -> str:
    settings = addresses(service, service.upper(), "{}")
    if service in NAMES_PUBLIC_URL:
        settings[f"{service.upper()}_PUBLIC_URL"] = PUBLIC_URL
    if service == "gateway":
        settings["GATEWAY_TRUSTED_PROXIES"] = TRUSTED_PROXIES
    anchor = f"{service}-environment"
    networks = [OUTER_NETWORKS[service]] if service in OUTER_NETWORKS else []
    waits = dict.fromkeys(INNER if service in OUTER else (), HEALTHY)
    waits |= dict.fromkeys(USED.get(service, ()), STARTED)
    return CONTAINERS.format(
        service=service,
        version=VERSION,
        env_file=ENV_FILES.format(service=service, more=MORE_ENV_FILES.get(service, "")),
        named_environment=f"    environment: &{anchor}\n{_settings(settings)}" if settings else "",
        environment=f"    environment: *{anchor}\n" if settings else "",
        stop=STOPS.get(service, ""),
        networks=", ".join([*networks, "backend", "data"]),
        ports=PORTS.get(service, ""),
        waits=_settings(waits),
        limits=LIMITS.get(service, ""),
    )


def _settings(values: Mapping[str, str]) -> str:
    return "".join(f"      {name}: {value}\n" for name, value in values.items())
