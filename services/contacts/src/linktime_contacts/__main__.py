"""python -m linktime_contacts serve | work | all | migrate"""

from linktime_common.process import main
from linktime_contacts.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
