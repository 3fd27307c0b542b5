"""`python -m linktime_bookings serve|work|all|migrate`."""

from linktime_bookings.app import SERVICE
from linktime_common.process import main

main(SERVICE)
