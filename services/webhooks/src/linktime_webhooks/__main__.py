"""`python -m linktime_webhooks serve|work|all|migrate|schema|check`."""

from linktime_common.entry import main
from linktime_webhooks.settings import WebhooksSettings

if __name__ == "__main__":
    main("webhooks", WebhooksSettings)
