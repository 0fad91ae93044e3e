"""The sheets that open over the room, together; what each of them asks is tested where it is done."""

import gc

from textual.strip import Strip

from tests.tui.pilot import Tell, room


async def test_a_sheet_that_is_closed_leaves_no_drawn_lines_behind(told: Tell) -> None:
    async with room(told("scored s5")) as pilot:

        async def drawn(times: int) -> int:
            for _ in range(times):
                await pilot.press("question_mark", "escape", "s", "escape", "colon", "escape")
                await pilot.pause()
            gc.collect()
            return sum(type(one) is Strip for one in gc.get_objects())

        before = await drawn(2)
        assert await drawn(8) < before + 50
