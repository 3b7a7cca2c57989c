"""Chaos: a seeded load and seeded faults on a whole stack, and an auditor that looks for what must not be.

`make chaos SEED=1 MINUTES=5`, or `python -m tests.chaos --seed 1 --minutes 5`.

* `schedule` draws the faults from the seed, `injector` carries them out, `faults` says how, `proxy` is the network;
* `stories` says what customers want, `load` lets them try, `history` is what each of them was told;
* `evidence` reads database, streams, mailbox and Stripe once all is quiet (`drain`);
* `rules` holds what must be true of evidence, a function a rule; `auditor` asks them all;
* `report` prints the table and keeps `docs/reliability.md` up to date.
"""
