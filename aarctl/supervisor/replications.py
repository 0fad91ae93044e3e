"""Replications: a submission's method run again from scratch, on seeds that the scorer draws.

Every step is read off the journal: which to start (policy), which are fully run, which are scored. Their students are
copied out before the event that ends their experiment, so a finished experiment always has its student.
"""

from __future__ import annotations

from ..home import RunPaths
from ..journal.events import Event, ExperimentQueued, ReplicationFinished, ReplicationStarted, head_of
from ..journal.events import Interval as IntervalEvent
from ..journal.state import Submission
from ..journal.store import Journal
from ..recipe import Recipe
from ..scorer.protocol import Rejected, Score, Scored, Scorer, Withheld
from ..tools import code_storage
from ..tools.experiments import job
from .bench import Sandboxes
from .policy import to_replicate
from .scoring import exact


def student_folder(submission: str, domain: str, seed: int) -> str:
    """Where a replication's student is kept, below the run's folder."""
    return f"students/{submission}/replication/{domain}-{seed}"


class Replications:
    """Starts replications and concludes them."""

    def __init__(self, journal: Journal, scorer: Scorer, recipe: Recipe, run: RunPaths, sandboxes: Sandboxes) -> None:
        self._journal, self._scorer, self._recipe, self._run, self._sandboxes = (
            journal, scorer, recipe, run, sandboxes,
        )  # fmt: skip

    async def serve(self) -> None:
        """Start what the policy says and conclude what has run, for ever."""
        seq = -1
        while True:
            for one in to_replicate(self._recipe, self._journal.state):
                await self.start(one)
            for one in list(self._journal.state.submissions.values()):
                if one.replication == "running" and self._all_ran(one):
                    await self._conclude(one)
            seq = await self._journal.changed(seq)

    async def start(self, one: Submission) -> None:
        """Queue its fresh runs, all domains and seeds, in one transaction with the event that says so."""
        state = self._journal.state
        seeds = await self._scorer.draw_seeds(one.snapshot, self._recipe.replication.seeds)
        domains = [state.feedback, *(state.held_out if self._recipe.replication.held_out else [])]
        method = self._method(one)
        queued = [
            ExperimentQueued(
                researcher=one.researcher, experiment=self._journal.next_id("x"), purpose="replication",
                submission=one.id, domain=domain, seed=seed, argv=job(f"method/{method}", seed, f"out/{seed}"),
                out=f"out/{seed}", title=f"replicate {one.id} on {domain}, seed {seed}",
                timeout_s=self._recipe.sandbox.timeout_s,
            )
            for domain in domains
            for seed in seeds
        ]  # fmt: skip
        started = ReplicationStarted(researcher=one.researcher, submission=one.id, domains=domains, seeds=seeds)
        await self._journal.record(started, *queued)

    def _method(self, one: Submission) -> str:
        """The method file of a snapshot: its only Python file, or method.py."""
        files = [kept.path for kept in code_storage.manifest(self._journal.blobs, one.snapshot).files]
        python = [path for path in files if path.endswith(".py")]
        return python[0] if len(python) == 1 else "method.py"

    @staticmethod
    def _all_ran(one: Submission) -> bool:
        ran = sum(len(runs) for runs in one.replication_runs.values())
        return ran == len(one.replication_seeds) * len(one.replication_domains)

    async def _conclude(self, one: Submission) -> None:
        verdict = await self._verdict(one)
        for domain in one.replication_domains:  # first: with the last verdict the run is over, and nobody would
            await self._sandboxes.forget(one.id, domain)
        await self._journal.record(verdict)

    async def _verdict(self, one: Submission) -> Event:
        failed = [run for runs in one.replication_runs.values() for run in runs if not run.endswith(":done")]
        if failed:
            total = sum(len(runs) for runs in one.replication_runs.values())
            return self._failed(one, f"{len(failed)} of {total} fresh runs did not finish: {', '.join(failed)}")
        means: dict[str, IntervalEvent] = {}
        per_seed: dict[str, list[float]] = {}
        for domain in one.replication_domains:
            students = [str(self._run.root / student_folder(one.id, domain, seed)) for seed in one.replication_seeds]
            answer = await self._scorer.score(
                Score(
                    submission=one.id, students=students, method_snapshot=one.snapshot, claimed=one.claimed,
                    kind="replication", domain=domain, researcher=one.researcher,
                )
            )  # fmt: skip
            match answer:
                case Scored(private=private):
                    means[domain] = exact(private)
                    per_seed[domain] = [student.pgr for student in private.per_seed]
                case Rejected() | Withheld():
                    return self._failed(one, f"{domain}: {answer.reason}")
        return ReplicationFinished(
            researcher=one.researcher, submission=one.id, outcome="replicated", domains=means, per_seed=per_seed
        )

    @staticmethod
    def _failed(one: Submission, why: str) -> ReplicationFinished:
        return ReplicationFinished(researcher=one.researcher, submission=one.id, outcome="failed", error=head_of(why))
