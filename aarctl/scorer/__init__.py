"""The scoring server: in a run, the only place that reads a vault. `client.LocalScorer` speaks to it."""
