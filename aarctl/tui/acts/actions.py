"""Every action that a person can take in the room: one table, a line each.

Key bindings, the footer, the help of a pane, the command palette and the keymap file (keymap.py) all come from it.
To add an action: add one row to the tuple where it belongs, and a method `action_ID` (its hyphens as `_`) to the
room, or name in `does` what else to run ("focused.expand" is the focused widget's `action_expand`). Nothing else:
no Binding, no line in the help. A key may serve different actions in different panes, never two in one pane;
a test holds this. What changes the run is refused in a replay and in a read-only room before it is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..drawing.arrange import PANES, TITLES

STAGE = "stage"
"""The pane that stands alone before there is a fleet."""


NOT_READING = (*(pane for pane in PANES if pane != "transcript"), STAGE)
"""Where b is not needed for bookmarks."""


class Action(NamedTuple):
    """One thing that a person can do."""

    id: str
    """Its name in the keymap file."""
    keys: str
    """The default keys as Textual names them, with commas between; empty: by the palette alone."""
    title: str
    """A word or two, for the footer and the palette."""
    tells: str
    """A sentence, for the help and the palette."""
    panes: tuple[str, ...] = ()
    """Where it applies; none named: everywhere."""
    does: str = ""
    """Textual's action; empty: action_ID of the room."""
    changes: bool = False
    """Whether it changes the run."""
    when: str = ""
    """"live" or "replay" where it makes sense in one of them alone."""
    foot: int = 0
    """Its place in the footer: 1-9 what a pane is for, 10-19 acting, 20-29 moving; 0: not there."""
    beside: str = ""
    """Rows with the same word stand in one place of the footer and the help, under this word."""

    @property
    def runs(self) -> str:
        """The Textual action it comes to."""
        return self.does or self.id.replace("-", "_")


MOVING = (
    *(
        Action(f"go-{pane}", str(number), TITLES[pane], f"Go to {TITLES[pane]}.", does=f"pane('{pane}')",
               foot=20, beside="panes")
        for number, pane in enumerate(PANES, 1)
    ),
    Action("next-pane", "tab", "next pane", "The next pane.", does="cycle(1)"),
    Action("previous-pane", "shift+tab", "previous pane", "The pane before.", does="cycle(-1)"),
    Action("up", "up,k", "up", "A line up; in the fleet, the researcher above.", PANES, "focused.cursor(-1)",
           foot=1, beside="move"),
    Action("down", "down,j", "down", "A line down; in the fleet, the researcher below.", PANES, "focused.cursor(1)",
           foot=1, beside="move"),
    Action("page-up", "pageup,ctrl+u", "page up", "A page up.", PANES, "focused.page_up"),
    Action("page-down", "pagedown,ctrl+d", "page down", "A page down.", PANES, "focused.page_down"),
    Action("top", "home", "beginning", "To the beginning.", PANES, "focused.scroll_home"),
    Action("bottom", "end,G", "end", "To the end.", PANES, "focused.scroll_end"),
    Action("next-researcher", "J", "next researcher", "Choose the next researcher, from any pane.",
           does="researcher(1)", beside="researcher"),
    Action("previous-researcher", "K", "previous researcher", "Choose the researcher before, from any pane.",
           does="researcher(-1)", beside="researcher"),
    Action("maximise", "m", "maximise", "One pane over the whole screen, and back.", foot=22),
    Action("back", "escape", "back", "Out of a maximised pane; else back to the fleet."),
)  # fmt: skip

READING = (
    Action("open", "enter", "transcript", "Read the transcript of the chosen researcher.", ("fleet",),
           "focused.choose", foot=2),
    Action("expand", "enter", "expand", "Expand or collapse the event under the cursor.", ("transcript",),
           "focused.expand", foot=2),
    Action("open-post", "enter", "open", "Open the post under the cursor, or close it.", ("forum",),
           "focused.choose", foot=2),
    Action("open-submission", "enter", "details", "All of the submission: its card, seeds, intervals, domains; from"
           " there to its place in the transcript.", ("board",), "focused.choose", foot=2),
    Action("open-point", "enter", "submission", "The submission of the selected point; from there to its place in the"
           " transcript.", ("history",), "focused.choose", foot=2),
    Action("point-before", "left,h", "before", "The point before in time.", ("history",), "focused.cursor(-1)",
           when="live", foot=1, beside="point"),
    Action("point-after", "right,l", "after", "The next point in time.", ("history",), "focused.cursor(1)",
           when="live", foot=1, beside="point"),
    Action("open-flag", "enter", "evidence", "Show the flag's evidence in the transcript; again, the next of it.",
           ("flags",), "focused.choose", foot=2),
    Action("evidence", "e", "next evidence", "The next evidence of the flag whose evidence was shown last.",
           ("flags", "transcript"), foot=8),
    Action("open-budget", "enter", "transcript", "Read the transcript of the chosen researcher.", ("budget",),
           "focused.choose", foot=2),
    Action("open-experiment", "enter", "its place", "Show where in the transcript the experiment was queued.",
           ("compute",), "focused.choose", foot=2),
    Action("compare", "C", "compare", "Two researchers side by side: the marked ones, or the chosen one and the next.",
           ("fleet", "transcript", "history", "budget"), foot=18),
    Action("follow", "f", "follow", "Go to the end of the transcript and stay there.", foot=21),
    Action("search", "slash", "search", "Look for an expression in this transcript; tab: for words in all of them.",
           PANES, foot=9),
    Action("next-hit", "n", "next hit", "The next hit of the search; in a replay too.", ("transcript",), "hit(True)",
           when="live", foot=9, beside="hits"),
    Action("previous-hit", "N", "previous hit", "The hit before.", ("transcript",), "hit(False)", when="live", foot=9,
           beside="hits"),
    Action("filter", "o", "only", "Show only errors, tools, steers, submissions, then all again.", ("transcript",),
           foot=9),
    Action("next-error", "right_curly_bracket", "next error", "The next error.", ("transcript",), "error(True)",
           beside="errors"),
    Action("previous-error", "left_curly_bracket", "previous error", "The error before.", ("transcript",),
           "error(False)", beside="errors"),
    Action("bookmark", "b", "bookmark", "Set a bookmark at the cursor, or take it away.", ("transcript",), foot=16),
    Action("bookmarks", "B", "bookmarks", "The bookmarks of this run, and the way to them.", PANES),
    Action("pager", "O", "pager", "Read the event under the cursor, whole, in $PAGER.", ("transcript",), foot=17),
    Action("copy", "y", "copy", "Copy what is selected, or the event under the cursor.", ("transcript",), foot=17),
    Action("jump", "g", "go to", "Go to a time (3:20), an event (#120) or a share (50%).", PANES, foot=19),
    Action("mark", "space", "mark", "Mark the chosen researcher, or take its mark away; what you do next is for all"
           " that are marked.", ("fleet",), when="live", foot=3),
    Action("mark-all", "A", "mark all", "Mark every researcher, or nobody.", ("fleet",), when="live"),
)  # fmt: skip

ACTING = (
    Action("pause", "p", "pause", "Pause the chosen or marked researchers at their turn boundary; those that are held"
           " or blocked go on.", changes=True, when="live", foot=10),
    Action("pause-all", "P", "pause all", "Pause the fleet at its turn boundaries; a fleet that is held or blocked"
           " goes on.", changes=True, when="live", foot=13),
    Action("freeze", "z", "freeze", "Freeze the chosen or marked researchers this instant; they keep their slots.",
           changes=True, when="live", foot=14),
    Action("freeze-all", "Z", "freeze all", "Freeze the fleet this instant; it keeps its slots.",
           changes=True, when="live"),
    Action("freeze-release", "", "freeze and release", "Freeze the chosen or marked researchers and give their slots"
           " back; their experiments begin anew.", changes=True, when="live"),
    Action("resume", "u", "resume", "Let the chosen or marked researchers go on.", changes=True, when="live"),
    Action("resume-all", "U", "resume all", "Let the fleet go on; who was paused alone stays so.",
           changes=True, when="live"),
    Action("steer", "s", "steer", "Write to the chosen or marked researchers; delivered, word for word, at the next"
           " turn.", changes=True, when="live", foot=11),
    Action("budget", "b", "budget", "Change a budget of the chosen or marked researchers; with all chosen, the"
           " fleet's.", NOT_READING, changes=True, when="live", foot=15),
    Action("add", "a", "add", "Add a researcher with a direction of its own.", changes=True, when="live", foot=17),
    Action("retire", "x", "retire", "Retire the chosen or marked researchers for good; asks first.", changes=True,
           when="live"),
    Action("verdict", "v", "verdict", "Accept, disqualify or reinstate the submission, with your reason.",
           changes=True, when="live", foot=12),
    Action("replicate", "R", "replicate", "Run the submission's method again from scratch on fresh seeds.",
           changes=True, when="live", foot=16),
    Action("move-up", "left_square_bracket", "earlier", "Move the chosen experiment up in the queue.", ("compute",),
           "move('up')", changes=True, when="live", foot=5, beside="earlier, later"),
    Action("move-down", "right_square_bracket", "later", "Move the chosen experiment down in the queue.", ("compute",),
           "move('down')", changes=True, when="live", foot=5, beside="earlier, later"),
    Action("move-front", "left_curly_bracket", "to the front", "Put the chosen experiment first in the queue.",
           ("compute",), "move('front')", changes=True, when="live", foot=6),
    Action("cancel", "X,delete", "cancel", "Cancel the chosen experiment; asks first.", ("compute",), changes=True,
           when="live", foot=7),
    Action("reply", "i", "reply", "Write in the thread of the post under the cursor; everybody can read it.",
           ("forum",), changes=True, when="live", foot=3),
    Action("post", "I", "new thread", "Begin a thread in the forum; everybody can read it.", ("forum",),
           changes=True, when="live", foot=3),
    Action("restart", "r", "restart", "Start a supervisor for a run that has lost its own.", changes=True, when="live"),
    Action("stop", "S,ctrl+x", "stop", "Stop the run; asks you to type its name.", changes=True, when="live", foot=19),
)  # fmt: skip

REPLAYING = (
    Action("play", "space", "play", "Play or pause.", when="replay", foot=4),
    Action("step-back", "left", "back", "One event back.", does="step(-1)", when="replay", foot=5, beside="step"),
    Action("step-on", "right", "on", "One event on.", does="step(1)", when="replay", foot=5, beside="step"),
    Action("next-event", "n", "next", "The next score, replication, steer, flag, failure or round.",
           does="interesting(True)", when="replay", foot=6, beside="jump"),
    Action("previous-event", "N", "previous", "The score, replication, steer, flag, failure or round before.",
           does="interesting(False)", when="replay", foot=6, beside="jump"),
    Action("slower", "left_square_bracket", "slower", "Slower.", does="speed(-1)", when="replay", foot=7,
           beside="speed"),
    Action("faster", "right_square_bracket", "faster", "Faster.", does="speed(1)", when="replay", foot=7,
           beside="speed"),
)  # fmt: skip

ELSE = (
    Action("commands", "c", "commands", "How far each of the last commands has come.", foot=24),
    Action("palette", "colon,ctrl+p", "palette", "Find any action by its name.", foot=25),
    Action("theme", "t", "theme", "The next look: dark, light, high contrast, the terminal's own.", foot=26),
    Action("away", "w", "while away", "What happened between your last look at this run and this one.", when="live"),
    Action("screenshot", "f9", "screenshot", "The screen as a picture, into a file of the folder you are in."),
    Action("export", "f10", "export", "The pane's lines, all of them, as text into a file of the folder you are in.",
           PANES),
    Action("keymap", "", "keymap", "Write keymap.toml into the home: every action with its keys, for you to change."),
    Action("help", "question_mark", "help", "The keys of this pane."),
    Action("quit", "q", "quit", "Leave the room. The run goes on.", does="quit_room"),
)  # fmt: skip

SECTIONS = {
    "Reading": READING, "Acting": ACTING, "Replay": REPLAYING, "Moving about": MOVING, "Else": ELSE,
}  # fmt: skip
"""The table, in the order of the help."""
ACTIONS: tuple[Action, ...] = tuple(action for rows in SECTIONS.values() for action in rows)
BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}


def applies(action: Action, pane: str, *, replay: bool) -> bool:
    """Whether the action is there in this pane, live or in a replay.

    What changes a run is there in a replay too: pressed, it says why it cannot be done.
    """
    if action.panes and pane not in action.panes:
        return False
    return action.when in ("", "replay" if replay else "live") or (replay and action.changes)


def keys_of(action: Action) -> tuple[str, ...]:
    """Its keys, one by one."""
    return tuple(key.strip() for key in action.keys.split(",") if key.strip())


def clashes(actions: Iterable[Action]) -> list[tuple[str, str, str]]:
    """(key, action, action) where two actions of one pane share a key."""
    found: dict[tuple[str, str, str], None] = {}
    rows = tuple(actions)
    for replay in (False, True):
        for pane in (*PANES, STAGE):
            taken: dict[str, str] = {}
            for action in rows:
                if not applies(action, pane, replay=replay) or (replay and action.when == "live"):
                    continue
                for key in keys_of(action):
                    other = taken.setdefault(key, action.id)
                    if other != action.id:
                        found[(key, other, action.id)] = None
    return list(found)
