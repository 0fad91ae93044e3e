"""Chapters of the scripted researcher: it sums up when it is asked to, and goes on from what it is told."""

from __future__ import annotations

from pathlib import Path

from aarctl.lab.compose import Ingredients
from aarctl.minds.rehearsal import chapters
from aarctl.minds.rehearsal.memory import Handed, Memory, Trial
from aarctl.supervisor.chapters import CLOSING, OPENING

from .day import Day


async def test_over_chapters_no_method_is_written_twice_and_no_submission_is_forgotten(tmp_path: Path) -> None:
    limits = (
        "claude.chapter_tokens=16000", "budget.researcher.submissions=4", "budget.researcher.experiments=200",
        "budget.researcher.turns=1000",
    )  # fmt: skip
    async with Day(tmp_path, *limits, researchers=2) as day:
        await day.play(20)
        await day.say("Try soft labels.")
        await day.play(80)
        assert day.api.refused == [] and day.api.lines.broken == []
        for who in ("r1", "r2"):
            one = day.fleet.state.researchers[who]
            assert one.chapter >= 3 and one.blocked == ""
            calls = await day.calls(who)
            written = [args["path"] for name, args in calls if name == "files"]
            handed = [args["method"] for name, args in calls if name == "submit"]
            assert len(set(written)) == len(written) >= 10 and len(set(handed)) == len(handed) == 4
            assert sum(name == "tell_person" for name, _ in calls) == 1
            assert sum("weak labels; below" in str(args) for name, args in calls if name == "shell") <= 2
        summaries = [reply for asked, reply in day.pairs if "Write a summary" in str(asked.messages[-1])]
        assert summaries and all("Summary of this chapter" in str(one.blocks) for one in summaries)
        assert not any("tool_use" in one.stop_reason for one in summaries)


def test_the_supervisors_own_words_are_understood() -> None:
    asked = Memory(turns=5, notice=CLOSING.format(tokens=12_000))
    opened = Memory(turns=0, notice=OPENING.format(chapter=2, parts="summary"))
    assert chapters.asks_for_summary(asked) and not chapters.asks_for_summary(opened)
    assert chapters.opens_chapter(opened.notice) and not chapters.opens_chapter("Go on.")


def test_a_record_read_back_is_what_was_written() -> None:
    first = Ingredients("prior_hard", "prior_confident", "plain", 0.25)
    memory = Memory(told=True, spent={"submit"}, threads={"t2", "t10"}, noted={"x1", "s1"})
    memory.methods = {"methods/m1/method.py": first, "methods/m2/method.py": Ingredients()}
    memory.trials = {
        "x1": Trial("x1", "methods/m1/method.py", 1000, 0.25, "students/m1-1000", "done", 1.5),
        "x2": Trial("x2", "methods/m2/method.py", 1000, 0.25, "students/m2-1000", "done", 1.4),
    }
    memory.handed = {"s1": Handed("s1", "methods/m1/method.py", 0.3, "scored", -0.05)}
    found = Memory()
    chapters.recall(found, f"## Your own summary\n\n{chapters.summary(memory)}\n\nGo on from here.")
    assert found.methods == memory.methods and found.handed == memory.handed
    assert (found.told, found.spent, found.threads) == (True, {"submit"}, {"t2", "t10"})
    assert [(one.id, one.open) for one in found.trials.values()] == [("x2", True)], "what was not judged is asked for"
    assert found.next_number == 3


def test_what_is_settled_in_one_place_is_not_opened_by_an_older_one() -> None:
    done = Trial("x1", "methods/m1/method.py", 1000, 0.25, "students/m1-1000", "done", 1.5)
    for lines in ([True, False], [False, True]):
        memory = Memory()
        chapters.recall(memory, "\n".join(chapters.trial_line(done, noted) for noted in lines))
        assert memory.trials["x1"].state == "done" and memory.noted == {"x1"}


def test_a_record_stays_short_however_much_was_tried() -> None:
    memory = Memory()
    for number in range(1, 1_000):
        path = f"methods/m{number}/method.py"
        memory.methods[path] = Ingredients()
        memory.trials[f"x{number}"] = Trial(f"x{number}", path, 1000, 0.25, f"students/m{number}", "done", 1.0)
    assert len(chapters.record(memory)) < 12_000 and "methods/m999/" in chapters.record(memory)
