"""The scoring server: the only place that reads a vault. Supervisors speak to it through `client.LocalScorer`."""
