"""`python -m tidebook`."""

from tidebook.main import main

main()
