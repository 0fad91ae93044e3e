"""A screen that does the actions of the table: by their keys, by a click in the footer, by the palette.

Each of these ways ends in `action_act`, which refuses what may not be done here, with a sentence. So nothing can
be changed in a replay or in a read-only room, however it is asked for.
"""

from __future__ import annotations

from textual import events, on
from textual.command import CommandPalette
from textual.screen import Screen

from aarctl.home import Home

from ..acts.acting import refusal
from ..acts.actions import STAGE, Action, applies
from ..acts.keymap import Keymap, template
from ..drawing.themes import ThemedApp
from ..source import Source
from ..widgets.footer import Pressed
from ..widgets.notice import Notice
from .binding import bind
from .help import HelpScreen
from .palette import Actions


class Keyed(Screen[None]):
    """What the room's keys do is in its children, as methods action_ID."""

    def __init__(self, source: Source, keymap: Keymap, *, readonly: bool) -> None:
        super().__init__()
        self.source = source
        self.readonly = readonly
        self.actions: dict[str, Action] = {action.id: action for action in keymap.actions}
        bind(self, sorted(keymap.actions, key=lambda action: action.changes), via="act")

    @property
    def where(self) -> str:
        """The pane that keys are meant for."""
        return STAGE

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action of the table is there in this pane: a key may serve another in each."""
        if action != "act" or not parameters:
            return True
        return applies(self.actions[str(parameters[0])], self.where, replay=self.source.replay)

    async def action_act(self, name: str) -> None:
        """Do an action of the table, or say why it cannot be done."""
        action = self.actions[name]
        why = refusal(self.source.state, action, readonly=self.readonly, replay=self.source.replay)
        if why:
            self.say(why)
        else:
            await self.app.run_action(action.runs, self)
            if action.runs.startswith("focused."):
                self.catch_up()

    def catch_up(self) -> None:
        """Choose what the cursor stands on, at once: the next key may be here before the cursor's message is."""

    async def do(self, name: str) -> None:
        """Do an action from elsewhere than its key: in the pane where it applies."""
        action = self.actions[name]
        if action.panes and self.where not in action.panes and self.where != STAGE:
            await self.app.run_action(f"pane('{action.panes[0]}')", self)
        await self.action_act(name)

    @on(Pressed)
    async def _pressed(self, message: Pressed) -> None:
        await self.do(message.action)

    def action_palette(self) -> None:
        """Find any action by its name."""
        self.app.push_screen(CommandPalette([Actions], placeholder="What do you want to do?"))

    def action_help(self) -> None:
        """The keys of the pane."""
        self.app.push_screen(HelpScreen(list(self.actions.values()), self.where, replay=self.source.replay))

    def action_keymap(self) -> None:
        """Write the file that a person's own keys go into, unless there is one."""
        home = self.app.home if isinstance(self.app, ThemedApp) else None
        if self.readonly or home is None:
            self.say("This room writes nothing: it was opened read-only, or its run lies in no home.")
            return
        try:
            with Home(home).keymap.open("x", encoding="utf-8") as file:
                file.write(template())
            self.say(f"{Home(home).keymap} has every action: change what you like, and open the room again.")
        except FileExistsError:
            self.say(f"{Home(home).keymap} is there already; move it away for a new one.")
        except OSError as error:
            self.say(f"{Home(home).keymap} cannot be written: {error.strerror}.")

    def say(self, words: str) -> None:
        """A sentence above the keys, until the next key; nobody hears it any more where the screen has been left."""
        for notice in self.query(Notice):
            notice.say(words)

    def on_key(self, event: events.Key) -> None:
        """A sentence has been read once another key is pressed."""
        if self.query_one(Notice).said:
            self.say("")
