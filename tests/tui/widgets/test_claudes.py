"""A fleet of Claude researchers on the screen: what it costs, who is blocked and why, and that a rehearsal is one."""

from __future__ import annotations

import pytest

from aarctl.journal import events as ev
from aarctl.journal.fold import fold
from aarctl.tui.content.limits import Limits
from aarctl.tui.content.status import Status
from aarctl.tui.drawing.lines import Line, plain, width
from aarctl.tui.scene import Scene
from aarctl.tui.widgets.banner import REASON_LINES, REASONS, banner_lines
from aarctl.tui.widgets.fleet import fleet_content, strip_line
from aarctl.tui.widgets.header import header_line
from tests.fakes.journals import HOSTILE
from tests.tui.pilot import Tell, room, seen

NINE = [f"r{number}" for number in range(1, 10)]
NO_KEY = "there is no API key: `aarctl key set`, then resume the run"
USD = 10**9


def joined(who: str, model: str = "claude-opus-5-5", backend: str = "docker") -> tuple[ev.Event, ...]:
    return (
        ev.ResearcherCreated(researcher=who, mind="claude", model=model, direction="Try it."),
        ev.SandboxCreated(researcher=who, sandbox=who, backend=backend, isolated=backend == "docker"),
    )


def answered(who: str, usd: float = 0.5) -> tuple[ev.Event, ...]:
    """A call that cost so much."""
    return (
        ev.ModelRequested(researcher=who, call="m1", turn=1, model="claude-opus-5-5"),
        ev.ModelCompleted(
            researcher=who, call="m1", turn=1, content=ev.head_of("[]"), stop="tool_use", input_tokens=10_000,
            cache_read_tokens=90_000, output_tokens=2_400, cost_nusd=int(usd * USD),
        ),
        ev.BudgetSettled(researcher=who, turn=1, active_us=60_000_000),
    )  # fmt: skip


def blocked(who: str, why: str = NO_KEY) -> ev.Event:
    return ev.ResearcherBlocked(researcher=who, why=why)


def scene(*events: ev.Event | tuple[ev.Event, ...], **options: object) -> Scene:
    flat = [one for each in events for one in (each if isinstance(each, tuple) else (each,))]
    minute = 60_000_000
    opened = ev.RunOpened(run="demo", aarctl="0.2.0", recipe=ev.EMPTY)
    state = fold((seq, minute + seq, event) for seq, event in enumerate((opened, *flat), 1))
    state.status = "running"
    return Scene(state, Status("running", "●", "good"), now=11 * minute, **options)  # type: ignore[arg-type]


def text(lines: list[Line]) -> str:
    return "\n".join(plain(one) for one in lines)


def table(of: Scene, room: int = 117) -> list[str]:
    return [plain(one) for one in fleet_content(of, room, 5).lines]


@pytest.mark.parametrize(
    ("room", "there", "gone"),
    [
        (150, ("turn", "ch.", "scores", "tokens", "cost", "subm.", "exper.", "sandbox"), ()),
        (117, ("turn", "ch.", "scores", "tokens", "cost", "sandbox"), ("subm.", "exper.")),
        (77, ("state", "turn", "ch.", "best PGR", "now", "cost"), ("tokens", "scores", "sandbox")),
        (57, ("state", "best PGR", "now"), ("tokens", "cost")),
    ],
)
def test_what_a_paid_fleet_uses_gives_way_last(room: int, there: tuple[str, ...], gone: tuple[str, ...]) -> None:
    head, first = table(scene(joined("r1"), answered("r1")), room)[:2]
    assert all(name in head for name in there) and not any(name in head for name in gone)
    assert len(head) <= max(room, len(first))
    assert ("$0.50" in first) == ("cost" in there) and ("102k" in first) == ("tokens" in there)


def test_a_sandbox_that_protects_nothing_keeps_its_column() -> None:
    narrow = table(scene(joined("r1", backend="process"), answered("r1")), 77)
    assert "sandbox" in narrow[0] and "UNSAFE process" in narrow[1]


def test_the_last_line_says_which_budget_ends_first_what_the_cache_saves_and_what_an_hour_costs() -> None:
    spent = scene(joined("r1"), answered("r1"), limits=Limits(fleet={"usd": 5.5}))
    assert table(spent)[2] == (
        "all  the fleet's dollars last 1.7 h · 90% read from the cache · $30.00 a researcher-hour"
    )
    assert width(fleet_content(spent, 60, 5).lines[2]) <= 60


def test_a_fleet_that_costs_nothing_says_what_its_last_line_opens() -> None:
    search = ev.ResearcherCreated(researcher="r1", mind="search", model="search", direction="")
    assert table(scene(search))[2] == "all  everything that happens, in order"


def test_a_researcher_that_waits_for_the_service_says_so_even_while_an_experiment_runs() -> None:
    running = (
        ev.ExperimentQueued(researcher="r1", experiment="x1", argv=[], out="", title="screen"),
        ev.ExperimentLeased(researcher="r1", experiment="x1", slot="gpu0"),
    )
    asked = ev.ModelRequested(researcher="r1", call="m2", turn=2, model="m")
    limited = table(scene(joined("r1"), running, asked, ev.RateLimited(researcher="r1", call="m2", wait_s=8.0)))
    failed = ev.ModelFailed(researcher="r1", call="m2", error="529 overloaded", retry_in_s=4.0)
    assert "rate limited, waits 8 s" in limited[1]
    assert "retries in 4 s: 529 ov" in table(scene(joined("r1"), running, asked, failed), 150)[1]
    assert "x1 on gpu0" in table(scene(joined("r1"), running))[1]


def test_one_reason_is_said_once_however_many_it_blocks() -> None:
    all_nine = scene(*map(joined, NINE), *map(blocked, NINE))
    shown = text(banner_lines(all_nine, 77))
    assert shown.replace("\n  ", " ").count(NO_KEY) == 1
    assert "r1 r2 r3 r4 r5 r6 r7 r8 r9 blocked: " in shown and shown.endswith("then  P lets everybody go on")
    assert all("⊘ blocked" in row for row in table(all_nine)[1:10])


def test_one_of_many_is_let_go_on_by_its_own_key() -> None:
    shown = text(banner_lines(scene(joined("r1"), joined("r2"), blocked("r2")), 77))
    assert shown == f"⊘ r2 blocked: {NO_KEY}\n  then  p on r2 lets it go on"


def test_several_of_many_are_let_go_on_one_by_one() -> None:
    some = scene(*map(joined, NINE), blocked("r2"), blocked("r3"))
    assert text(banner_lines(some, 77)).endswith("then  p on each lets it go on")


@pytest.mark.parametrize("options", [{"readonly": True}, {"replay": "▶ x5"}])
def test_who_cannot_act_is_told_why_and_no_key(options: dict[str, object]) -> None:
    shown = text(banner_lines(scene(joined("r1"), blocked("r1"), **options), 77))
    assert NO_KEY in shown and "lets" not in shown


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_reasons_stay_few_short_and_harmless(words: str) -> None:
    reasons = [blocked(who, f"{words} {who}") for who in NINE]
    lines = banner_lines(scene(*map(joined, NINE), *reasons), 77)
    assert len(lines) <= REASONS * REASON_LINES + 2
    assert all(width(one) <= 77 for one in lines)
    assert not any(
        ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char == "\u202e" for one in lines for char in plain(one)
    )


@pytest.mark.parametrize(("room", "money"), [(117, True), (77, True), (52, False)])
def test_a_rehearsal_is_called_one_wherever_the_header_is(room: int, money: bool) -> None:
    played = scene(joined("r1", "rehearsal of claude-opus-5-5"), answered("r1"), name="demo")
    shown = plain(header_line(played, room))
    assert " REHEARSAL " in shown and ("scripted" in shown) == ("$0.50 play money" in shown) == money
    assert "REHEARSAL" not in plain(header_line(scene(joined("r1"), answered("r1")), room))


def test_the_header_tells_what_an_hour_costs_now() -> None:
    assert "$0.50   $3.00/h" in plain(header_line(scene(joined("r1"), answered("r1")), 117))


@pytest.mark.parametrize("backend", ["docker", "process"])
def test_nine_researchers_stand_on_one_line_of_a_small_screen(backend: str) -> None:
    line = strip_line(scene(*(joined(who, backend=backend) for who in NINE), *map(answered, NINE)), 77)
    assert width(line) <= 77 and all(who in plain(line) for who in NINE)
    assert plain(line).startswith("UNSAFE") == (backend == "process")


async def test_a_model_at_work_is_read_as_it_thinks(told: Tell) -> None:
    async with room(told("claude thinks"), (80, 24)) as pilot:
        await pilot.press("2")
        assert "… " in seen(pilot) and "the prior does not have" in seen(pilot)


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 16)])
@pytest.mark.parametrize("moment", ["claude waits", "claude blocked", "claude without credit", "rehearsal acts"])
async def test_every_pane_of_a_claude_fleet_fits(told: Tell, moment: str, size: tuple[int, int]) -> None:
    async with room(told(moment), size) as pilot:
        for key in "123456":
            await pilot.press(key)
            lines = seen(pilot).split("\n")
            assert len(lines) == size[1] and "quit" in lines[-1]
