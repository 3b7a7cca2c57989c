"""What must be true of every run, a function a rule; `tests.chaos.auditor` asks them all.

A rule takes the evidence and yields a line for each thing that breaks it, naming what to look at.
"""

from tests.chaos.rules import bookings, events, mail, money, tenants
from tests.chaos.rules.rule import RULES, Rule

__all__ = ["RULES", "Rule", "bookings", "events", "mail", "money", "tenants"]
