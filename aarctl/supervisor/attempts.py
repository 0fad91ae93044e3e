"""What is known of an experiment and of one attempt at it: pure."""

from __future__ import annotations

from ..journal.events import ExperimentReleased
from ..journal.state import Experiment, RunState
from ..sandbox.protocol import ExecResult
from .warm import WORD

REPLICATIONS = "replications"  # their client name in the queue: a share of their own


def client(one: Experiment) -> str:
    """Whose share of the slots an experiment counts against."""
    return REPLICATIONS if one.purpose == "replication" else one.researcher


def may_run(state: RunState, one: Experiment) -> bool:
    """A held researcher's queued experiments get no slot; replications stop only with the fleet."""
    if one.purpose == "replication":
        return not state.paused and not state.frozen
    return state.runs(one.researcher)


def unwanted(state: RunState, one: Experiment) -> bool:
    """Whether it is not to go on: cancelled, without its slot by a freeze, or the run is stopping."""
    return bool(one.cancelled) or one.releasing or state.stopping


def released(one: Experiment, slot: str, why: str) -> ExperimentReleased:
    """It is queued again, under its own id."""
    return ExperimentReleased(researcher=one.researcher, experiment=one.id, slot=slot, why=why)


def exec_id(one: Experiment, attempt: int) -> str:
    """What an attempt of an experiment is called in its sandbox."""
    return f"{one.id}.{attempt}"


def known(result: ExecResult) -> bool:
    """Whether it is known how a command ended; not so where its sandbox ended under it."""
    return result.exit_code is not None or result.signal is not None


def outcome(state: RunState, one: Experiment, result: ExecResult) -> str:
    """done | failed | timed_out | cancelled."""
    if one.cancelled or (result.killed and state.stopping):
        return "cancelled"
    if result.timed_out:
        return "timed_out"
    return "done" if result.exit_code == 0 else "failed"


def usage(
    one: Experiment, result: ExecResult | None, held_s: float, facts: dict[str, object]
) -> tuple[float | None, int | None]:
    """(mean use of the slot in [0, 1], peak resident bytes), where known.

    A job that a warm runner ran is not in the command's own process tree: then its own report is all there is.
    """
    if one.argv[0] == WORD:
        use, peak = facts.get("cpu_share"), facts.get("peak_bytes")
        return (
            min(1.0, max(0.0, use)) if isinstance(use, float) else None,
            peak if isinstance(peak, int) and peak >= 0 else None,
        )
    if result is None or held_s <= 0:
        return None, None
    return min(1.0, result.cpu_s / held_s), result.peak_memory_bytes
