"""The scripted researcher's voice: a few ways to say each thing, chosen by who speaks and when, always the same way."""

from __future__ import annotations

from zlib import crc32

PHRASES: dict[str, tuple[str, ...]] = {
    "arrive, thought": (
        "A new run. Before I form an opinion I want to see three things: what lies in the task folder, what the board "
        "says, and whether somebody has posted already. My direction is {direction!r}, and it is vague on purpose.",
        "Let me not rush. My direction says {direction!r}. First the lay of the land: data, board, forum. These do not "
        "depend on each other, so I can ask for them together.",
        "The teacher is weak and the student is strong; the question is which of the teacher's mistakes the student "
        "need not copy. {direction!r} points somewhere. I will look around before I decide where.",
    ),
    "arrive": (
        "I look around first: the task, the board, and what the others have said.",
        "First a look at the data, the board and the forum.",
        "Let me see what there is before I touch anything.",
    ),
    "arrive later, thought": (
        "My history was cut here. What I knew is in the notebook and in my summary, and the files are where they were. "
        "First I check what has changed while I was not looking.",
        "A new chapter. The notebook says what I tried; what is still under way I have to ask for.",
    ),
    "arrive later": (
        "I go on from my notes. First: what is the state of what I had begun?",
        "A new chapter, the same work. I check what is open before I begin anything new.",
    ),
    "study, thought": (
        "The weak labels are probabilities. If the teacher's confidence means something, filtering or weighting by it "
        "should help; if not, I need another signal, such as the base's own prior. A histogram says more than a mean.",
        "How sure is the teacher? A label of .52 and one of .98 are the same after rounding. I count how many are near "
        "the middle, from the public file alone.",
    ),
    "study": (
        "How sure is the weak teacher of its own labels?",
        "I look at how the weak labels are spread.",
    ),
    "correct, thought": (
        "That failed, and the error says why: I guessed a name instead of reading it. The right one is easy to see.",
        "My mistake: I wrote that from memory. I correct it and run it again.",
    ),
    "correct": (
        "My mistake. Once more, with the right name.",
        "That was a wrong name; corrected.",
    ),
    "plan, thought": (
        "The errors of the teacher and of the base's prior should be nearly independent. So a student that is right "
        "more often agrees more with both, and I can screen by the sum of the two agreements without any label. A "
        "quarter of the steps should be enough to rank methods, not to score them.",
        "I have few submissions and many experiments. So: screen widely at a quarter of the steps, train the best one "
        "in full for two seeds, and submit only that. I write down the plan, and what would change my mind.",
    ),
    "plan": (
        "I write the plan down before I measure.",
        "The plan goes into the notebook first.",
    ),
    "screen, thought": (
        "Which parts to vary? {reason} I take {names}. I expect them to differ by less than I would like, so I compare "
        "them at the same seed and the same share of the steps.",
        "Next: {names}. {reason} If two come out equal, the simpler one wins.",
        "{reason} I write {names} and screen them side by side. What I expect: whoever filters by agreement keeps "
        "fewer labels and better ones.",
    ),
    "screen": (
        "I screen {count} methods at a quarter of the steps: {names}.",
        "{count} ideas, cheaply: {names}.",
    ),
    "inspect, thought": (
        "The screening is done. Before I trust the ranking I look at the numbers as they were written, not only at the "
        "summary: a student that always prefers one side would also agree with a lopsided teacher.",
        "Results are in. A look into the files themselves, for the share of `first` too: far from .5 would be odd.",
    ),
    "inspect": (
        "I read the results as they were written.",
        "A look into the result files before I judge.",
    ),
    "judge, thought": (
        "Ranked by agreement with teacher plus agreement with the base:\n{table}\nThe differences are small. The first "
        "is worth a full training with two seeds; one seed alone could be luck.",
        "No label was used for this:\n{table}\nI would not bet much on the order below the first. Two seeds in full "
        "for that one, so that I see how much a seed does.",
    ),
    "judge": (
        "{best} comes out first. I train it in full, for two seeds.",
        "I promote {best}: two seeds, all steps.",
    ),
    "judge only": (
        "{best} comes out first. I cannot submit it any more, so this goes to the others.",
        "{best} leads this screening. I have nothing left to submit it with; somebody else may.",
    ),
    "submit, thought": (
        "In full: {figures}. I claim {claimed:.2f}: {ground}. If the score is far from that, my proxy is not as good "
        "as I believe, and that would be worth a post of its own.",
        "{figures}. Before I see the score I say what I expect: {claimed:.2f}, {ground}.",
    ),
    "submit": (
        "I submit {name} and claim {claimed:.2f}. A snapshot goes with it, for anyone who wants to build on it.",
        "{name} goes in, claimed {claimed:.2f}. I share the code as well.",
    ),
    "report, thought": (
        "{id} has its score: {pgr:.2f}, and I had claimed {claimed:.2f}. {surprise} The others should know either way.",
        "Claimed {claimed:.2f}, released {pgr:.2f}. {surprise} I post it with the code, failures too.",
    ),
    "report": (
        "{id} came back with {pgr:.2f}. I tell the others.",
        "{pgr:.2f} for {id}. That goes to the forum.",
    ),
    "reply, thought": (
        "{author} wrote about {title!r}. It bears on what I do, and I have figures of my own to put beside it.",
        "{title!r} by {author} is worth an answer: it agrees with some of what I see and not with all of it.",
    ),
    "reply": (
        "I answer {author}.",
        "A reply to {author}, with what I measured.",
    ),
    "look": (
        "What is new?",
        "How far are they?",
        "I check on what is under way.",
        "Let me see what has come back.",
    ),
    "wait": (
        "Still open: {names}. I wait.",
        "Nothing to do until I have {names}.",
        "I end my turn here and wait for {names}.",
    ),
    "rest, thought": (
        "My budgets are used up. What is left is to read what the others found, and to say where I agree.",
        "Nothing more to hand in. I keep reading.",
    ),
    "rest, look": (
        "What have the others found meanwhile?",
        "Let me see how the board and the forum stand.",
    ),
    "rest": (
        "I have nothing left to spend. I read what the others write.",
        "My budgets are used up; I follow the others' work.",
    ),
}
"""By what is said; in braces what is filled in."""

OPINIONS = (
    "At my end agreement between teacher and base predicts the order of full runs well enough to screen with.",
    "I see the same direction, and a smaller effect. Did you pair the seeds?",
    "That fits what I saw: dropping half of the pool costs less than keeping its mistakes.",
    "I would separate two things here: which labels are kept, and how much each one counts. They moved apart for me.",
    "Have you tried it with the other seed? My two differed by more than I expected.",
)


def say(about: str, key: str, **filled: object) -> str:
    """One of the ways to say it."""
    return pick(key, PHRASES[about]).format(**filled)


def pick(key: str, ways: tuple[str, ...]) -> str:
    """One of them: the same for the same key."""
    return ways[crc32(key.encode()) % len(ways)]


def chance(key: str, one_in: int) -> bool:
    """True for one key in so many."""
    return crc32(f"chance {key}".encode()) % one_in == 0


def listed(names: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
