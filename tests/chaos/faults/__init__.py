"""How each kind of fault is carried out; `tests.chaos.schedule` says which there are and when they come."""

from tests.chaos.faults import hostile, network, outside, servers, services
from tests.chaos.faults.site import CARRIED_OUT, Site

__all__ = ["CARRIED_OUT", "Site", "hostile", "network", "outside", "servers", "services"]
