"""Every LINKTIME_… variable that a part of LinkTime reads, and those set that are none of them."""

from linktime_common.settings import SECRETS, variable_of
from linktime_common.unknown_settings import UnknownSetting, unknown_variables
from linktime_operator.locate import RemoteSettings
from linktime_operator.stack.settings import StackSettings, StateSettings

PREFIX = "LINKTIME_"
OF_DEPLOYMENTS = frozenset(
    {
        "LINKTIME_EDGE_SUBNET",
        "LINKTIME_GRAFANA_PORT",
        "LINKTIME_PASSWORDS",
        "LINKTIME_PROMETHEUS_PORT",
        "LINKTIME_RABBITMQ_NODES",
        "LINKTIME_RABBITMQ_PASSWORD",
        "LINKTIME_RABBITMQ_USER",
        "LINKTIME_SERVICE",
        "LINKTIME_VERSION",
    }
)
"""Those of docker-compose.yml, of images, and of `linktime deploy`, whose module loads for long."""
READ_ELSEWHERE = frozenset(
    {
        SECRETS,
        "LINKTIME_CACHE",
        "LINKTIME_CRDS",
        "LINKTIME_FAULT_FILE",
        "LINKTIME_FUZZ_EXAMPLES",
        "LINKTIME_POSTGRES_BIN",
        "LINKTIME_PREVIOUS",
        "LINKTIME_SCHEMA_DSN",
        "LINKTIME_SCHEMA_TREE",
    }
)
"""Those of private servers, tests and make."""
OF_SAMPLES = frozenset({"LINKTIME_API_KEY", "LINKTIME_URL"})
"""Those of the samples in the API's reference."""
KNOWN = (
    OF_DEPLOYMENTS
    | READ_ELSEWHERE
    | OF_SAMPLES
    | {
        variable_of(kind, name)
        for kind in (StackSettings, StateSettings, RemoteSettings)
        for name in kind.model_fields
    }
)


def unknown() -> list[UnknownSetting]:
    """Return the variables that nothing reads: most are misspelled."""
    return unknown_variables(PREFIX, KNOWN)
