"""The run's append-only event log: the only source of truth.

`events` says what can happen, `store` writes it (supervisor only), `reader` and `lookup` read it, `fold`
makes a RunState of it, `inbox` is how people ask for something.
"""
