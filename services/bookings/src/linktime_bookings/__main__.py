"""`python -m linktime_bookings serve|work|all|migrate|schema|check`."""

from linktime_bookings.settings import BookingsSettings
from linktime_common.entry import main

if __name__ == "__main__":
    main("bookings", BookingsSettings)
