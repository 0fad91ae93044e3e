"""The scorer's process: one request after another from stdin, one answer each to stdout.

It ends at the end of stdin or with its parent, whichever comes first, and may be killed at any instant: what it
has answered stands in the ledger, and the rest is asked again.
"""

from __future__ import annotations

import sys
import time
from typing import BinaryIO

import msgspec

from aarctl.scorer import evidence, release, score
from aarctl.scorer.errors import BadFrame, ScorerError
from aarctl.scorer.ledger import Ledger
from aarctl.scorer.protocol import (
    MAX_SEEDS,
    VERSION,
    Answer,
    AnswerFrame,
    DrawSeeds,
    Failed,
    Hello,
    LedgerRow,
    ReadLedger,
    Rejected,
    Request,
    Rows,
    Score,
    Scored,
    Seeds,
    Verdict,
    Welcome,
    check_length,
    decode_ask,
    encode,
)
from aarctl.scorer.vault import Vault


class Server:
    """Answers requests for one run on one task version."""

    def __init__(self, run: str, task: str, pid: int, vault: Vault, ledger: Ledger) -> None:
        self.run, self.task, self.pid, self.vault, self.ledger = run, task, pid, vault, ledger

    def __repr__(self) -> str:
        return f"Server({self.run}, {self.vault!r}, {self.ledger!r})"

    def answer(self, request: Request) -> Answer:
        """The answer; a ScorerError becomes Failed."""
        try:
            match request:
                case Hello():
                    return Welcome(
                        run=self.run,
                        task=self.task,
                        pid=self.pid,
                        domains=self.vault.domains,
                        queries_left=self.ledger.queries_left,
                    )
                case Score():
                    return self.score(request)
                case DrawSeeds(method_snapshot, count):
                    if not (method_snapshot and 1 <= count <= MAX_SEEDS):
                        fix = f"name a method snapshot and 1 to {MAX_SEEDS} seeds"
                        return Rejected(f"count = {count} for {method_snapshot!r}: {fix}", "count", fix)
                    return Seeds(release.draw_seeds(self.vault.secret, method_snapshot, count))
                case ReadLedger():
                    return Rows(self.ledger.rows(), self.ledger.queries_left)
        except ScorerError as e:
            return Failed(type(e).__name__, str(e))

    def score(self, request: Score) -> Verdict:
        """Stored answer, or: rules, then budget, then hidden items, then ledger, then the answer."""
        if earlier := self.ledger.answered(request.submission, request.kind, request.domain):
            snapshot, stored = earlier
            if snapshot != request.method_snapshot:
                fix = "a submission never changes; submit the new method under a new id"
                return Rejected(f"{request.submission} was scored with another method: {fix}", "submission", fix)
            return msgspec.msgpack.decode(stored, type=Scored)
        infos = score.inspect(request, self.vault)
        if isinstance(infos, Rejected):
            return infos
        now_us = time.time_ns() // 1000
        if request.kind == "feedback" and (refusal := self.ledger.withholds(request.researcher, now_us)):
            return refusal
        task, hidden = self.vault.task(request.domain), self.vault.hidden(request.domain)
        result = score.run(request, infos, task, hidden)
        if isinstance(result, Rejected):
            return result
        feedback = request.kind == "feedback"
        noise = 0.0
        if feedback:
            noise = release.noise(self.vault.secret, request.domain, evidence.behaviours(result.margins))
        scored = Scored(
            submission=request.submission,
            kind=request.kind,
            domain=request.domain,
            released=release.release(result.exact, hidden.gap, noise) if feedback else None,
            private=score.private(result, hidden, noise),
            evidence=evidence.describe(result.margins, self.ledger.decisions(request.domain)),
            queries_left=self.ledger.queries_left - (1 if feedback else 0),
        )
        row = LedgerRow(
            seq=0,
            at=now_us,
            submission=request.submission,
            kind=request.kind,
            domain=request.domain,
            researcher=request.researcher,
            method_snapshot=request.method_snapshot,
            released=scored.released.pgr if scored.released else None,
            exact=scored.private.exact,
        )
        standing = self.ledger.record(row, evidence.consensus(result.margins), msgspec.msgpack.encode(scored))
        return msgspec.msgpack.decode(standing, type=Scored) if isinstance(standing, bytes) else standing


def loop(server: Server, asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer until `asked` ends. A frame that cannot be read ends the process: nothing after it can be trusted."""
    while head := asked.read(4):
        try:
            size = check_length(int.from_bytes(head, "little"))
            data = asked.read(size)
            if len(head) < 4 or len(data) < size:
                return  # the client died in the middle of a frame
            frame = decode_ask(data)
        except BadFrame as e:
            print(f"scorer: {e}", file=sys.stderr)
            return
        answers.write(encode(AnswerFrame(VERSION, frame.id, server.answer(frame.body))))
        answers.flush()
