"""python -m linktime_availability serve | work | sync | all | migrate"""

from linktime_availability.app import SERVICE
from linktime_common.process import main

if __name__ == "__main__":
    main(SERVICE)
