"""`python -m billing`."""

from billing.main import main

main()
