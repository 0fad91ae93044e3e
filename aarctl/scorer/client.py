"""The supervisor's end: starts the scorer's process, asks it, starts it anew once if it dies.

Nothing here waits without a limit. A request may be sent twice, since the scorer answers a repeated one from its
ledger; a cancelled caller leaves the process in order, because one task alone reads the answers.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from aarctl.home import Home
from aarctl.scorer import errors
from aarctl.scorer.errors import BadFrame, ScorerError, ScorerLost, ScorerTimeout
from aarctl.scorer.protocol import (
    VERSION,
    Answer,
    AskFrame,
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
    Withheld,
    check_length,
    decode_answer,
    encode,
)

START_S = 60.0  # importing torch on a cold disk
SCORE_S = 600.0  # five students of a large base on one thread
ASK_S = 60.0  # anything else; it may wait behind a score
STOP_S = 30.0  # a killed process ends at once, unless the kernel waits for a disk
STDERR_TAIL = 2000  # bytes of the process's last words in a message

A = TypeVar("A", bound=Answer)


class LocalScorer:
    """A scorer as a child process on this machine; see protocol.Scorer.

    `queries`: feedback answers for the whole fleet. `per_day`: for one researcher in 24 hours, None for no limit.
    """

    def __init__(
        self,
        home: Path,
        run: str,
        task: str,
        *,
        queries: int = 180,
        per_day: int | None = None,
        start_s: float = START_S,
        score_s: float = SCORE_S,
        ask_s: float = ASK_S,
    ) -> None:
        self.home, self.run, self.task = home, run, task
        self._limits = ["--queries", str(queries), *([] if per_day is None else ["--per-day", str(per_day)])]
        self._start_s, self._score_s, self._ask_s = start_s, score_s, ask_s
        self._log = Home(home).ledger(run).parent / "stderr.log"
        self._child: _Child | None = None
        self._starting = asyncio.Lock()
        self._closed = False

    def __repr__(self) -> str:
        return f"LocalScorer({self.run}, {self.task}, {self._child or 'not running'})"

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._child.process.pid if self._child and self._child.alive else None

    async def start(self) -> Welcome:
        """Start the process if need be and greet it. Raises ScorerError: vault or ledger cannot be opened."""
        return await self._ask(Hello(), Welcome, self._ask_s)

    async def score(self, request: Score) -> Verdict:
        """Score a submission; idempotent by (submission, kind, domain). Raises ScorerError."""
        return await self._ask(request, (Scored, Rejected, Withheld), self._score_s)

    async def draw_seeds(self, method_snapshot: str, count: int) -> list[int]:
        """`count` seeds for fresh runs of a method; a prefix of any longer draw. Raises ScorerError, ValueError."""
        answer: Seeds | Rejected = await self._ask(
            DrawSeeds(method_snapshot, count), (Seeds, Rejected), self._ask_s + self._score_s
        )
        if isinstance(answer, Rejected):
            raise ValueError(answer.reason)
        return answer.seeds

    async def ledger(self) -> list[LedgerRow]:
        """Every answer given in this run, oldest first. Raises ScorerError."""
        return (await self._ask(ReadLedger(), Rows, self._ask_s + self._score_s)).rows

    async def close(self) -> None:
        """End the process; idempotent. Raises ScorerTimeout where it does not end."""
        self._closed = True
        if self._child:
            await self._child.stop()
            self._child = None

    async def __aenter__(self) -> LocalScorer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _ask(self, request: Request, kinds: type[A] | tuple[type[A], ...], limit_s: float) -> A:
        """Send, and once more to a fresh process if the first dies. Raises ScorerLost, ScorerTimeout and Failed's."""
        for attempt in (1, 2):
            child = await self._running()
            try:
                async with asyncio.timeout(limit_s):
                    answer = await child.ask(request)
            except TimeoutError:
                await child.stop()
                fix = "raise the limit, or look at the machine's load; asking again is safe"
                raise ScorerTimeout(f"{request.__struct_config__.tag}: no answer in {limit_s:g} s; {fix}") from None
            except (ConnectionError, EOFError, BadFrame) as e:
                await child.stop()
                if attempt == 1 and not self._closed:
                    continue
                raise ScorerLost(self._last_words(child, e)) from None
            if isinstance(answer, Failed):
                raise _raised(answer)
            if not isinstance(answer, kinds):
                raise BadFrame(f"{type(answer).__name__} as an answer to {type(request).__name__}; reinstall aarctl")
            return answer
        raise AssertionError("two attempts end in an answer or an error")

    async def _running(self) -> _Child:
        """The living process, started now if there is none."""
        async with self._starting:
            if self._closed:
                raise ScorerLost("the scorer was closed; open a new LocalScorer")
            if self._child is None or not self._child.alive:
                if self._child:
                    await self._child.stop()
                self._child = await self._spawn()
            return self._child

    async def _spawn(self) -> _Child:
        """Start a process and wait for its first words."""
        self._log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = ["--home", str(self.home), "--run", self.run, "--task", self.task]
        with self._log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "aarctl.scorer", *names, *self._limits),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=_environment(os.environ),
                start_new_session=True,  # a ^C for the control room is not for the scorer
            )
        child = _Child(process)
        try:
            async with asyncio.timeout(self._start_s):
                await child.ask(Hello())
        except (TimeoutError, ConnectionError, EOFError, BadFrame) as e:
            await child.stop()
            raise ScorerLost(self._last_words(child, e)) from None
        except BaseException:
            await child.stop()
            raise
        return child

    def _last_words(self, child: _Child, error: BaseException) -> str:
        tail = self._log.read_bytes()[-STDERR_TAIL:].decode(errors="replace").strip()
        what = f"the scorer of run {self.run} ended (exit {child.process.returncode}, {type(error).__name__})"
        return f"{what}: {tail or 'it said nothing'}\nits ledger is safe; ask again, or see {self._log}"


class _Child:
    """One process with one reader task; answers are matched to requests by id."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self._stdin, self._stdout = process, process.stdin, process.stdout
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._last_id = 0
        self._lost: BaseException | None = None
        self._reader = asyncio.create_task(self._read(), name=f"scorer {process.pid}")

    def __repr__(self) -> str:
        return f"pid {self.process.pid}, {len(self._waiting)} waiting" if self.alive else "ended"

    @property
    def alive(self) -> bool:
        return self._lost is None and self.process.returncode is None

    async def ask(self, request: Request) -> Answer:
        """Send a request and wait for its answer. Raises ConnectionError, EOFError or BadFrame once it is lost."""
        if self._lost is not None:
            raise self._lost
        self._last_id += 1
        number = self._last_id
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._stdin.write(encode(AskFrame(VERSION, number, request)))
            await self._stdin.drain()
            return await future
        finally:
            self._waiting.pop(number, None)
            if future.done() and not future.cancelled():
                future.exception()  # seen, also where `drain` failed first

    async def _read(self) -> None:
        """Hand each answer to whoever waits; a caller that went away misses it, and the next frame is whole."""
        try:
            while True:
                head = await self._stdout.readexactly(4)
                data = await self._stdout.readexactly(check_length(int.from_bytes(head, "little")))
                frame = decode_answer(data)
                future = self._waiting.get(frame.id)
                if future is not None and not future.done():
                    future.set_result(frame.body)
        except (EOFError, ConnectionError, BadFrame) as e:
            self._lost = e
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(e)

    async def stop(self) -> None:
        """End the process and collect it; idempotent. Nothing is lost: the ledger stands. Raises ScorerTimeout."""
        self._stdin.close()
        if self.process.returncode is None:
            try:
                self.process.kill()
            except ProcessLookupError:
                pass
            try:
                async with asyncio.timeout(STOP_S):
                    await self.process.wait()
            except TimeoutError:
                what = f"the scorer's process {self.process.pid} was killed and has not ended in {STOP_S:g} s"
                fix = "its ledger is safe; see what the kernel waits for, as a rule a disk"
                raise ScorerTimeout(f"{what}; {fix}") from None
        await self._reader


def _environment(parent: Mapping[str, str]) -> dict[str, str]:
    """One thread and this aarctl; no key and no token of the supervisor's goes along."""
    root = str(Path(__file__).parents[2])
    kept = {k: v for k, v in parent.items() if k in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")}
    paths = os.pathsep.join(filter(None, (root, parent.get("PYTHONPATH"))))
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return kept | threads | {"PYTHONPATH": paths, "TOKENIZERS_PARALLELISM": "false"}


def _raised(answer: Failed) -> ScorerError:
    """The error class that the process named."""
    kind = getattr(errors, answer.error, ScorerError)
    return (
        kind(answer.message)
        if isinstance(kind, type) and issubclass(kind, ScorerError)
        else ScorerError(answer.message)
    )
