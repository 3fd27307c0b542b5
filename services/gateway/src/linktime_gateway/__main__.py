"""`python -m linktime_gateway serve|work|all|migrate|schema|check`."""

from linktime_common.entry import main
from linktime_gateway.settings import GatewaySettings

if __name__ == "__main__":
    main("gateway", GatewaySettings)
