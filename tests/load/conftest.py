"""Suites that put a whole stack under load for minutes: `make rolling`, `make overload`, `make recovery`."""
