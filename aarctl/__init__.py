"""aarctl: a control room for a fleet of autonomous alignment researchers on one workstation."""

__version__ = "0.1.0"
