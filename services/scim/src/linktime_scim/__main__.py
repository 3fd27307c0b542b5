"""python -m linktime_scim serve | work | all | migrate"""

from linktime_common.process import main
from linktime_scim.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
