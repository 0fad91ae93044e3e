"""A build's messages become progress, and its end becomes a sentence with a next step."""

from __future__ import annotations

import pytest

from aarctl.sandbox.images.said import BuildFailed, DiskFull, NoNetwork, Progress, Reader

STEP = {"stream": "Step 2/28 : RUN apt-get update  && apt-get install -y git"}


def read(*messages: dict[str, object]) -> list[Progress]:
    """What a reader makes of some messages, silence left out."""
    reader = Reader()
    return [now for message in messages if (now := reader.read(dict(message)))]


def test_a_step_is_counted_and_named_and_then_speaks() -> None:
    first, second = read(STEP, {"stream": "\n"}, {"stream": "Reading package lists...\n"})
    assert (first.step, first.steps, first.new_step) == (2, 28, True)
    assert first.doing == "RUN apt-get update && apt-get install -y git"
    assert (second.step, second.said, second.new_step) == (2, "Reading package lists...", False)


@pytest.mark.parametrize("line", ["STEP 3/9: COPY a b", "[2/4] STEP 3/9: COPY a b", "Step 3/9 : COPY a b"])
def test_podman_counts_its_steps_too(line: str) -> None:
    (now,) = read({"stream": line})
    assert (now.step, now.steps, now.doing) == (3, 9, "COPY a b")


@pytest.mark.parametrize(
    ("detail", "said"), [({"current": 1, "total": 4}, "1a2b Downloading 25%"), ({}, "1a2b Downloading")]
)
def test_a_pull_tells_layer_and_share(detail: dict[str, int], said: str) -> None:
    (now,) = read({"status": "Downloading", "id": "1a2b", "progress": "[=>   ] 1MB/4MB", "progressDetail": detail})
    assert now.said == said


def test_a_line_drawn_over_itself_in_colours_counts_as_it_was_left() -> None:
    (now,) = read({"stream": "\x1b[91m 10%\r 50%\r100%\x1b[0m\n"})
    assert now.said == "100%"


def test_what_says_nothing_is_no_progress() -> None:
    assert read({"stream": "\n"}, {"stream": "\x1b[0m"}, {"aux": {"ID": "sha256:1"}}) == []


def test_a_long_instruction_is_cut() -> None:
    (now,) = read({"stream": "Step 1/1 : RUN " + "x" * 500})
    assert len(now.doing) == 60 and now.doing.endswith("…")


PULL = 'Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host'
RETRY = "WARNING: Retrying after NewConnectionError('Failed to establish a new connection: [Errno 101]')"
FALSE = "The command '/bin/sh -c false' returned a non-zero code: 1"


@pytest.mark.parametrize(
    ("lines", "error", "kind", "words"),
    [
        ([], PULL, NoNetwork, "lookup registry.example: no such host"),
        (["Temporary failure", "E: Could not resolve 'deb.example'"], FALSE, NoNetwork, "Could not resolve"),
        ([RETRY, "ERROR: No matching distribution found for torch"], FALSE, NoNetwork, "Failed to establish"),
        (["OSError: [Errno 28] No space left on device"], FALSE, DiskFull, "No space left"),
        (["E: You don't have enough free space in /var/cache/apt."], FALSE, DiskFull, "free space"),
        (["E: Unable to locate package gti", "after"], FALSE, BuildFailed, "Unable to locate package gti"),
        (["quiet"], FALSE, BuildFailed, "non-zero code: 1"),
    ],
)
def test_an_end_is_named_by_its_cause(lines: list[str], error: str, kind: type[BuildFailed], words: str) -> None:
    reader = Reader()
    reader.read(dict(STEP))
    for line in lines:
        reader.read({"stream": line + "\n"})
    with pytest.raises(BuildFailed, match=r"^step 2 of 28 ") as caught:
        reader.read({"error": error, "errorDetail": {"message": error}})
    assert type(caught.value) is kind and words in str(caught.value) and "\n" not in str(caught.value)
    assert ("give the same command again" in str(caught.value)) == (kind is not BuildFailed)


def test_each_line_of_a_message_of_many_is_looked_at() -> None:
    reader = Reader()
    last = reader.read({"stream": "E: no such dish\nbye\n"})
    assert last is not None and last.said == "bye"
    with pytest.raises(BuildFailed, match="no such dish"):
        reader.read({"error": FALSE})


def test_a_warning_of_an_earlier_step_is_not_the_cause() -> None:
    reader = Reader()
    reader.read({"stream": "Step 1/2 : RUN a"})
    reader.read({"stream": "connection refused, trying another mirror"})
    reader.read({"stream": "Step 2/2 : RUN b"})
    with pytest.raises(BuildFailed) as caught:
        reader.read({"error": "exit 1"})
    assert type(caught.value) is BuildFailed
