"""python -m linktime_webhooks serve | work | all | migrate"""

from linktime_common.process import main
from linktime_webhooks.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
