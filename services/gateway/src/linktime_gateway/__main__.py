"""python -m linktime_gateway serve | work | all | migrate"""

from linktime_common.process import main
from linktime_gateway.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
