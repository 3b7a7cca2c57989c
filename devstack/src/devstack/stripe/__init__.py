"""A fake of Stripe's servers: small, strict, spoken to over HTTP with the official library.

Only the endpoints that Tidebook uses, with the behaviour that Stripe documents for them; what
Stripe would refuse is refused, and so is what Stripe knows but this fake does not act out. Real
money, real cards and live keys have no place here. Start it with `python -m devstack.stripe --help`.
"""
