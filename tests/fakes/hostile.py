"""Texts that attack whoever draws them, and a run that has them in every place where untrusted text can be.

A text is drawn well when it stays in its own cells: no control character reaches the terminal, nothing is reordered
or hidden, every line has the width that the screen believes it to have.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from aarctl.journal import events as ev
from aarctl.journal.blobs import Blobs
from aarctl.journal.sealing import plain

from .journals import HOSTILE

MARKS = "\u0301\u0327\u0489\u20dd\u0e31\u0e47\u0b95\u0bcd\u17d2"
"""Combining marks of several scripts."""

SHORT = (
    *HOSTILE,
    "\x1b[1;1H\x1b[2K over the header \x1b[999;999H\x1b[6n\x1b[?1049l\x1b[!p\x1bc",
    "\x1b]52;c;cm0gLXJmIH4=\x07 clipboard \x1b]52;c;?\x1b\\",
    "\x1b]8;id=1;file:///etc/passwd\x1b\\a link\x1b]8;;\x1b\\ \x1b]9;notify\x07\x1b]777;notify;a;b\x07",
    "\x1bP+q544e\x1b\\ DCS \x1b_Gf=24,s=1,v=1;AAAA\x1b\\ APC \x1b^pm\x1b\\ \x1bXsos\x1b\\",
    "\x9d0;C1 title\x9c \x9b2J \x8d \x84\x88 \x90q\x9c \x9fapc\x9c \x9epm\x9c",
    "\x1b[" + "9;" * 300 + "m \x1b[38;2;0;0;0mdark \x1b[8mhidden\x1b[7m\x1b(0lqqk\x1b#8",
    "\x0e shifted out \x0f \x1bn\x1bo \x1b%G \x1b7\x1b8\x1bM\x1bD\x1bE",
    '[/] [/bold] [[ ]] [link=file:///etc/passwd]x[/link] $text %s {0} [@click="app.bell"]x[/]',
    "\u202egnp.exe\u202c \u2067\u2066\u2068nested\u2069 \u200e\u200f \u061c \u202a\u202b\u202d",
    "שלום עולם مرحبا بالعالم ‏مخلوط with latin 123 ٤٥٦",
    "\U000e0020\U000e0049\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065 tags \u2060\u2061\u2062\u2063\u180e\u200b",
    "z" + MARKS * 40 + "algo " + "a" + "\u0336" * 200,
    MARKS + " begins with marks",
    "👨\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 👍🏿 🇦🇶🇺 1️⃣ ✊🏽 ☠️ ❤️\u200d🔥 🫱🏻\u200d🫲🏿 🀄 ⌚ ▶️",
    "全角文字が続くと幅が二倍になる。" * 6 + " ｆｕｌｌ ﾊﾝｶｸ 한국어 \u1112\u1161\u11ab",
    "ﷺ ꧅ 𒐫 ⸻ ௵ a\u0300\u0301 ﬃ Ǆ İ ŉ",
    "progress 1%\rprogress 50%\rdone\r\n\x08\x08\x08erased \x0c\x0b",
    "a\tb\t\tc\td" + "\t" * 50,
    "\n\n\n\n   \n\t\n",
    "",
    " ",
    "\x00\x00\x00nul\x00",
    "\ud83d half \udcff\udc80 \udce2\udc82 surrogates",
    "b\ufffdad \ufffe \uffff \U0010ffff \U000f0000 \ue000 private and none",
    "line\u2028separator\u2029paragraph\x85next\x1cfs\x1dgs\x1ers\x1fus",
    '\'; drop table events; -- "quoted" \\x1b[31m \\u001b[0m %1b %0a',
    "│ r9 ● acting ▌▸ a forged row ◆ .99 [.98,1.0]",
    "-" * 3000,
    "W" * 500 + " " + "全" * 500,
)
"""Each at most a few thousand characters: for every place."""


WORD = 10_000  # characters, far more than any bound


def huge(size: int = 10_000_000) -> dict[str, str]:
    """Texts of `size` characters or so, by what they are."""
    return {
        "marks": "e" + "\u0301" * size,
        "marks in words": ("e" + "\u0301" * 50 + " ") * (size // 52),
        "one line": "x" * size,
        "wide line": "全" * size,
        "escapes": "\x1b[31m\x1b]0;x\x07" * (size // 10),
        "unterminated": "\x1b]0;" * (size // 4),
        "lines": "\n" * size,
        "brackets": "[" * size,
        "bidi": "\u202e" * size,
        "tabs": "\t" * size,
        "json": '{"a":' * (size // 5),
    }


def attacks(text: str, blobs: Blobs, at: int = 0) -> Iterator[ev.Event]:
    """Events that have `text` wherever a mind, a sandbox, a service or a person could put it. `at` names them apart.

    What is no text of its own but a word in its event (a title, a name) is bounded by whoever records it.
    """
    kept, line = blobs.keep(text), text[:WORD]
    who, x, s, p, f = f"r{at + 1}", f"x{at}", f"s{at}", f"p{at}", f"f{at}"
    blocks = [
        {"type": "thinking", "thinking": text, "signature": "s"},
        {"type": "text", "text": text},
        {"type": "tool_use", "id": "c1", "name": line, "input": {"command": text}},
    ]
    half = ev.Interval(0.5, 0.4, 0.6)
    yield ev.ResearcherCreated(researcher=who, mind=line, model=line, direction=line)
    yield ev.SandboxChosen(backend=line, isolated=False, why=line)
    yield ev.SandboxCreated(
        researcher=who, sandbox=line, backend=line, isolated=at % 2 == 0, protection=line, image=line
    )
    yield ev.ChapterOpened(researcher=who, chapter=1, system=kept, tools=kept, opening=kept)
    yield ev.ModelRequested(researcher=who, call=f"m{at}", turn=1, model=line)
    yield ev.ModelCompleted(
        researcher=who, call=f"m{at}", turn=1, content=_json(blocks, blobs), stop=line, said=line[:200], cost_nusd=1
    )
    yield ev.ModelCompleted(researcher=who, call=f"m{at}", turn=1, content=kept, stop="tool_use", said=line[:200])
    yield ev.ModelFailed(researcher=who, call="m1", error=line, retry_in_s=1.0)
    yield ev.ModelCancelled(researcher=who, call="m1", why=line)
    yield ev.ToolRequested(researcher=who, call=line, turn=1, tool=line, args=kept)
    yield ev.ToolRequested(researcher=who, call="c2", turn=1, tool="shell", args=_json({"command": text}, blobs))
    yield ev.ToolRequested(
        researcher=who, call="c3", turn=1, tool="files",
        args=_json({"action": "replace", "path": text, "old": text, "text": text[::-1]}, blobs),
    )  # fmt: skip
    yield ev.ToolCompleted(researcher=who, call=line, turn=1, tool=line, ok=at % 2 == 0, output=kept)
    yield ev.ToolCompleted(researcher=who, call="c2", turn=1, tool="snapshots", ok=True, output=kept)
    yield ev.EgressAttempted(researcher=who, sandbox=line, host=line, port=443, allowed=at % 2 == 0, reason=line)
    yield ev.SnapshotTaken(researcher=who, snapshot=line, path=line, files=1, size_bytes=1, why=line)
    for each in (x, f"{x}q"):
        yield ev.ExperimentQueued(
            researcher=who, experiment=each, argv=[line, line], out=line, title=line, tags=[line], domain=line
        )
    yield ev.ExperimentLeased(researcher=who, experiment=x, slot=line)
    yield ev.ExperimentReleased(researcher=who, experiment=x, slot=line, why=line)
    yield ev.ExperimentFinished(
        researcher=who, experiment=f"{x}q", outcome=("done", "failed")[at % 2], exit_code=1, tail=kept,
        result={line: line},
    )  # fmt: skip
    yield ev.ForumPosted(researcher=who, post=p, thread=f"t{at}", author=line, title=line, text=kept, tags=[line])
    yield ev.SubmissionReceived(
        researcher=who, submission=s, method=line, snapshot=line, students=[ev.StudentRef(1, line)], claimed=0.4,
        card={line: line, "claim": line}, tags=[line],
    )  # fmt: skip
    yield ev.SubmissionScored(researcher=who, submission=s, domain=line, released=half, exact=half, per_seed=[0.5])
    yield ev.SubmissionReceived(researcher=who, submission=f"{s}1", method=line, snapshot="", students=[])
    yield ev.SubmissionRejected(researcher=who, submission=f"{s}1", field=line, reason=line, fix=line)
    yield ev.ReplicationFinished(researcher=who, submission=s, outcome="failed", error=kept, domains={line: half})
    yield ev.FlagRaised(researcher=who, flag=f, detector=line, text=kept, submission=s, seqs=[1])
    yield ev.VerdictGiven(submission=s, verdict="accept", because=line, by=line)
    yield ev.CommandRequested(
        researcher=who, command=f"k{at}", inbox=at, by=line, verb="steer", args={"text": text, line: line}
    )
    yield ev.CommandRefused(researcher=who, command=f"k{at}", reason=line)
    yield ev.SteerQueued(researcher=who, steer=f"q{at}", text=kept, by=line)
    yield ev.NoticeDelivered(researcher=who, turn=1, about="news", text=kept, tells=[line])
    yield ev.PersonTold(researcher=who, text=kept)
    yield ev.ResearcherStateChanged(researcher=who, state="failed" if at % 2 else "waiting", why=line)
    yield ev.ResearcherBlocked(researcher=who, why=line, flag=f)
    yield ev.BudgetExceeded(researcher=who, what=line, used=1, limit=1)
    yield ev.SupervisorRecovered(epoch=1, interrupted=[line])
    yield ev.SandboxLost(researcher=who, sandbox=line, why=line)


def _json(value: object, blobs: Blobs) -> ev.Text:
    return blobs.keep(msgspec.json.encode(plain(value)).decode())
