"""Sandboxes as containers of a Docker-compatible engine: the engine, the options, the bridge, the backend."""
