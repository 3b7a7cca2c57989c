"""`python -m booking`."""

from booking.main import main

main()
