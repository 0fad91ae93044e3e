"""Which submissions are run again, and when the run is over: pure."""

from __future__ import annotations

from ..journal.state import RunState, Submission
from ..recipe import Recipe

DONE = ("finished", "budget", "failed")
"""States of a researcher that takes no turn; one at its budget does again once that is raised."""


def unsettled(state: RunState) -> bool:
    """Whether work that researchers wait for is still open: their experiments, and scores to come.

    The experiments of a paused researcher get no slot, those of a frozen one stand still: nobody waits for them.
    """
    open_work = any(
        one.purpose == "research" and (state.runs(one.researcher) or (one.slot and not state.is_frozen(one.researcher)))
        for one in state.experiments.values()
    )
    return open_work or any(one.state == "claimed" for one in state.submissions.values())


def to_replicate(recipe: Recipe, state: RunState) -> list[Submission]:
    """Submissions whose replication should start now.

    best-of-each: the best of a researcher, once it has ended. leader: whoever has the fleet's best score, as soon as
    it is scored. Ties go to the earlier one. What a person asked for comes first.
    """
    if state.stopping:
        return []
    asked = [
        state.submissions[command.args["submission"]]
        for command in state.commands.values()
        if command.verb == "replicate" and command.state == "acknowledged"
    ]
    wanted = [one for one in asked if one.replication in ("", "failed")]
    return wanted + [one for one in _by_policy(recipe, state) if one not in wanted]


def _by_policy(recipe: Recipe, state: RunState) -> list[Submission]:
    """What the recipe's policy picks."""
    if recipe.replication.policy == "none":
        return []
    scored = [s for s in state.submissions.values() if s.released is not None and s.verdict != "disqualify"]
    if recipe.replication.policy == "leader":
        chosen = [max(scored, key=_score)] if scored else []
    else:
        ended = [who.id for who in state.researchers.values() if who.state in DONE]
        own = [[one for one in scored if one.researcher == name] for name in ended]
        chosen = [max(each, key=_score) for each in own if each]
    return [one for one in chosen if one.replication == ""]


def under_way(recipe: Recipe, state: RunState) -> bool:
    """Whether anything is left that does not need a researcher's turn: experiments, scores, replications."""
    claimed = any(one.state == "claimed" for one in state.submissions.values())
    return bool(state.experiments) or claimed or replicating(state) or bool(to_replicate(recipe, state))


def is_over(recipe: Recipe, state: RunState) -> bool:
    """Whether nobody can take a turn and nothing is under way: then a run ends."""
    return all(who.state in DONE for who in state.researchers.values()) and not under_way(recipe, state)


def replicating(state: RunState) -> bool:
    """Whether any replication is under way."""
    return any(one.replication == "running" for one in state.submissions.values())


def _score(one: Submission) -> tuple[float, int]:
    assert one.released is not None
    return (one.released.mean, -one.seq)
