"""`python -m linktime_availability serve|work|all|sync|migrate|schema|check`."""

from linktime_availability.settings import AvailabilitySettings
from linktime_common.entry import main

if __name__ == "__main__":
    main("availability", AvailabilitySettings)
