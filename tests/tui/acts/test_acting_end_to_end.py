"""From a key in the room to its effect in a real supervisor, and back onto the screen."""

from pathlib import Path

from aarctl.minds.scripted import ScriptedMind, use
from aarctl.tui.app import ControlRoom
from tests.fakes.commanded_run import CommandedRun
from tests.tui.pilot import screen, until, words


def busy(turns: int = 100_000) -> ScriptedMind:
    """So many short turns, one after the other."""
    return ScriptedMind([lambda chapter: use("shell", chapter.turn, command="sleep 0.1")] * turns)


async def test_latches_steers_budgets_and_retiring_come_true(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": busy(), "r2": busy()}, "budget.researcher.turns=100000") as run:
        run.start()
        async with ControlRoom(run.run.root).run_test(size=(120, 36)) as pilot:
            await pilot.press("p")
            await until(pilot, lambda: run["r1"].state == "paused" and "paused" in words(pilot, "fleet"))
            await until(pilot, lambda: any(one.state == "effective" for one in run.state.commands.values()))
            assert run["r2"].state != "paused"
            await pilot.press("s", *"look here", "ctrl+s")
            await until(pilot, lambda: "1 steer queued" in words(pilot, "fleet"))
            await pilot.press("u")
            await until(pilot, lambda: not run["r1"].paused and not run["r1"].steers)
            await pilot.press("space", "down", "space", "z")
            await until(pilot, lambda: all(who.frozen for who in screen(pilot).source.state.researchers.values()))
            await pilot.press("z")
            await until(pilot, lambda: not run["r1"].frozen and not run["r2"].frozen)
            await pilot.press("b", "down", *"80", "enter")
            await until(pilot, lambda: set(run.state.budgets) == {"r1", "r2"})
            await pilot.press("A", "x", "y")
            await until(pilot, lambda: run["r2"].state == "finished" and run["r1"].state != "finished")


async def test_the_queue_is_moved_and_an_experiment_cancelled(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": busy()}) as run:
        await run.queue("x1", "while [ ! -e go ]; do sleep 0.01; done")
        for name in ("x2", "x3", "x4"):
            await run.queue(name, "true")
        await run.until(lambda: run.state.experiments["x1"].slot)
        async with ControlRoom(run.run.root).run_test(size=(80, 24)) as pilot:
            await pilot.press("5")
            await until(pilot, lambda: "x4" in words(pilot, "compute"))
            await pilot.press("down", "down", "down", "left_curly_bracket")
            await until(pilot, lambda: list(run.state.experiments) == ["x1", "x4", "x2", "x3"])
            await until(pilot, lambda: words(pilot, "compute").index("x4") < words(pilot, "compute").index("x2"))
            await pilot.press("X", "y")
            await until(pilot, lambda: "x4" not in run.state.experiments)
            await until(pilot, lambda: "x4" not in words(pilot, "compute"))


async def test_what_the_supervisor_refuses_is_shown_with_its_sentence(tmp_path: Path) -> None:
    async with CommandedRun(tmp_path, {"r1": busy(1)}) as run:
        async with ControlRoom(run.run.root).run_test(size=(120, 36)) as pilot:
            await pilot.press("a", *"elsewhere", "tab", *"oracle", "ctrl+s")
            await until(pilot, lambda: any(one.state == "refused" for one in run.state.commands.values()))
            await pilot.press("down")
            await until(pilot, lambda: "✗ refused: " in words(pilot, "notice") and "oracle" in words(pilot, "notice"))
