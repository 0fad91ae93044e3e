"""What a frame of the transcript costs, at two sizes of history: `python tests/benchmarks/transcript.py [SMALL LARGE]`.

Absolute times differ between machines; what must hold is the ratio: a frame over the large history costs about
what one over the small history costs. CPU time of the app's own thread, median of many frames, 120x40.
"""

import asyncio
import gc
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import structs
from textual.app import App, ComposeResult

from aarctl.journal.reader import JournalReader
from aarctl.tui.drawing.themes import ThemedApp
from aarctl.tui.transcript.model import TranscriptModel
from aarctl.tui.transcript.view import TranscriptView
from tests.fakes.journals import BEGINS, long_journal

FRAMES = 30


class OneTranscript(ThemedApp[None]):
    """Nothing but the view."""

    CSS_PATH = [Path(sys.modules[ThemedApp.__module__].__file__ or "").with_name("app.tcss")]

    def compose(self) -> ComposeResult:
        """The view."""
        yield TranscriptView()


async def measure(run: Path) -> dict[str, float]:
    """Milliseconds of CPU per frame, by what happened in it."""
    found: dict[str, float] = {}
    with JournalReader(run) as reader:
        app: App[None] = OneTranscript()
        async with app.run_test(size=(120, 40)) as pilot:
            view = app.query_one(TranscriptView)
            begun = time.process_time()
            model = TranscriptModel(reader, reader.last_seq(), origin=BEGINS)
            view.show(model)
            await pilot.pause()
            found["open and first paint"] = (time.process_time() - begun) * 1e3
            gc.collect()
            gc.freeze()
            draw = random.Random(3)

            async def frames(name: str, act: Callable[[int], object]) -> None:
                spent = []
                for number in range(FRAMES):
                    begun = time.process_time()
                    act(number)
                    await pilot.pause()
                    spent.append(time.process_time() - begun)
                found[name] = statistics.median(spent) * 1e3

            await frames("nothing", lambda number: None)
            await frames("page up", lambda number: view.scroll_page_up(animate=False))
            await frames("jump to a random event", lambda number: view.go_to(draw.randint(1, model.last)))
            await frames(
                "drag the scrollbar", lambda number: view.scroll_to(y=draw.random() * model.total, animate=False)
            )
            await frames("end, home", lambda number: view.scroll_to(y=0 if number % 2 else 10**12, animate=False))
            await frames("replay scrub", lambda number: view.set_limit(draw.randint(1, model.last)))
            view.set_limit(None)
            view.follow_end()
            records = list(reader.records(0, limit=18))

            def append(number: int) -> None:
                view.arrived([structs.replace(record, seq=model.last + at) for at, record in enumerate(records, 1)])

            await frames("18 new events, following", append)
            view.go_to(model.last // 2)
            await frames("18 new events, scrolled away", append)
    gc.unfreeze()
    return found


async def main(sizes: list[int]) -> None:
    """Measure each size and print the costs and the ratio of last to first."""
    results = []
    with tempfile.TemporaryDirectory(prefix="aarctl-bench-") as folder:
        for size in sizes:
            run = await long_journal(Path(folder) / f"run{size}", size)
            results.append(await measure(run))
    print(f"{'CPU ms a frame (median)':32}" + "".join(f"{size:>12,}" for size in sizes) + f"{'ratio':>9}")
    for name in results[0]:
        row = [result[name] for result in results]
        print(f"{name:32}" + "".join(f"{value:12.1f}" for value in row) + f"{row[-1] / max(row[0], 0.01):9.2f}")


if __name__ == "__main__":
    asyncio.run(main([int(size) for size in sys.argv[1:]] or [2_000, 20_000]))
