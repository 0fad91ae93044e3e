"""The shell: one session whatever happens between its commands, and answers that say what happened."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aarctl.sandbox.docker.engine import Engine
from aarctl.tools import session
from aarctl.tools.tool import OUTPUT_CHARS
from tests.sandbox.make import backend_named

from .conftest import Bench, benches

SET_UP = r"""
mkdir -p deep/er && cd deep
plain=5; export SHOWN='two
lines'; list=(one 'two three'); declare -A map=([a key]="a 'value'"); declare -i number=7; readonly FIXED=fixed
greet() { echo "hello $1"; }; export -f greet
odd() { case $1 in @(a|b)) echo matched;; esac; cat <<END
here $1
END
}
alias ll='echo aliased'
"""
LOOK = r"""
pwd | sed 's,.*/,,'; echo "$plain $FIXED ${list[1]} ${map[a key]}"; number+=1; echo $number
bash -c 'echo "$SHOWN"; greet you'; ll; odd b; set -o | grep -c 'pipefail.*on'
"""
SEEN = "deep\n5 fixed two three a 'value'\n8\ntwo\nlines\nhello you\naliased\nmatched\nhere b\n1\n"


async def prepare(bench: Bench) -> None:
    assert (await bench.use("shell", command=f"shopt -s extglob\n{SET_UP}\nset -o pipefail")).ok


async def test_folder_variables_functions_aliases_and_options_stay(either_bench: Bench) -> None:
    await prepare(either_bench)
    result = await either_bench.use("shell", command=LOOK)
    assert result.text.startswith(SEEN), result.text
    assert result.ok and "exit code 0; now in" in result.text


async def test_the_session_outlives_its_sandbox(either_bench: Bench) -> None:
    await prepare(either_bench)
    await either_bench.renew()
    assert (await either_bench.use("shell", command=LOOK)).text.startswith(SEEN)


async def test_the_session_works_in_a_container_too(docker_engine: Engine, tmp_path: Path) -> None:
    async with benches(tmp_path, await backend_named("docker", "tools")) as bench:
        await prepare(bench)
        assert (await bench.use("shell", command=LOOK)).text.startswith(SEEN)
        long = await bench.use("shell", command="seq 100000")
        assert "the whole output is in .aarctl/outputs/" in long.text


async def test_a_call_that_is_made_again_after_a_crash_runs_once(either_bench: Bench) -> None:
    command = "echo x >> log; count=$((count + 1)); echo $count"
    first = await either_bench.use("shell", command=command)
    assert await either_bench.again("shell", command=command) == first
    await either_bench.renew()
    assert await either_bench.again("shell", command=command) == first
    assert (await either_bench.use("shell", command="cat log; echo $count")).text == "x\n1\n[exit code 0]"


async def test_a_restart_begins_a_new_session(bench: Bench) -> None:
    await prepare(bench)
    assert (await bench.use("shell", restart=True)).text == "[new session]"
    result = await bench.use("shell", command="pwd | sed 's,.*/,,'; echo [$plain]; greet")
    assert result.data["exit_code"] == 127 and "[]" in result.text
    both = await bench.use("shell", command="echo [$later]; later=1", restart=True)
    assert both.ok and "[]" in both.text
    assert "[1]" in (await bench.use("shell", command="echo [$later]")).text


async def test_two_researchers_have_two_sessions(bench: Bench) -> None:
    await bench.use("shell", command="mine=1")
    assert (await bench.use("shell", "r2", command="echo [$mine]")).text == "[]\n[exit code 0]"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("kept=2; exit 3", 3, ""),
        ("kept=2; set -e; false; echo never", 1, ""),
        ("kept=2; (exit 4)", 4, ""),
        ("kept=2; cat <<END\nhello", 0, "hello"),
        ("kept=2; sleep 100 & disown; echo on", 0, "on"),
        ("kept=2; PATH=/nowhere; alias builtin=false; declare() { :; }; printf() { :; }; set -uCf; IFS=x", 0, ""),
        ("kept=2; exit() { :; }; unset HOME; set -k; umask 777", 0, ""),
        ("kept=2; trap 'echo bye' EXIT", 0, "bye"),
        ("kept=2; rm -rf .aarctl", 0, ""),
        ("kept=2; return 5", 2, "can only"),
        ("kept=2\nif true; then", 2, "syntax error"),
        ("kept=2\necho 'not closed", 2, "unexpected EOF"),
    ],
)
async def test_no_command_breaks_the_session_by_accident(bench: Bench, command: str, code: int, said: str) -> None:
    await bench.use("shell", command="kept=1")
    result = await bench.use("shell", command=command)
    assert result.data["exit_code"] == code and said in result.text and "no session" not in result.text
    after = await bench.use("shell", command="\\echo kept: $kept")
    assert "kept: 2" in after.text, after.text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("kept=2; exec true", "exit code 0"),
        ("kept=2; trap : EXIT; exit 6", "exit code 6"),
        ("kept=2; kill -KILL $$", "ended by signal 9"),
        ("kept=2; set -n; echo", "exit code 0"),
    ],
)
async def test_where_nothing_can_be_saved_the_last_session_stays_and_the_answer_says_so(
    bench: Bench, command: str, said: str
) -> None:
    await bench.use("shell", command="kept=1")
    result = await bench.use("shell", command=command)
    assert said in result.text and "this command left no session" in result.text
    assert (await bench.use("shell", command="echo $kept")).text == "1\n[exit code 0]"


async def test_a_command_that_is_out_of_time_ends_with_all_that_it_started(bench: Bench) -> None:
    await bench.use("shell", command="kept=1")
    slow = await bench.use("shell", command="trap '' TERM; kept=2; sleep 600", timeout_s=0.3)
    assert not slow.ok and slow.data == {"exit_code": None, "timed_out": True}
    assert "killed after 0.3 s: run long work as an experiment" in slow.text and "left no session" in slow.text
    after = await bench.use("shell", command="pgrep -fc '^sleep 6[0]0$'; echo $kept")
    assert after.text == "0\n1\n[exit code 0]"


async def test_a_folder_that_is_gone_is_said_and_the_workspace_takes_its_place(bench: Bench) -> None:
    assert "now in" in (await bench.use("shell", command="mkdir away; cd away")).text
    await bench.use("shell", "r1", command="rmdir ../away")
    result = await bench.use("shell", command="ls -d .aarctl")
    assert result.ok and "away is gone" in result.text and "now in" not in result.text


async def test_standard_input_is_empty_and_lines_count_from_one(bench: Bench) -> None:
    result = await bench.use("shell", command="cat; read line\necho $LINENO $# $0\nnope")
    assert "2 0 bash" in result.text and "bash: line 3: nope: command not found" in result.text


async def test_a_long_output_is_kept_where_the_answer_says(either_bench: Bench) -> None:
    result = await either_bench.use("shell", command="seq 20000")
    assert len(result.text) < OUTPUT_CHARS + 300 and result.text.startswith("1\n2\n") and "\n20000\n" in result.text
    path = result.text.rpartition(" is in ")[2].rstrip("]")
    assert (await either_bench.sandbox().get(path)).decode() == "".join(f"{n}\n" for n in range(1, 20001))
    assert (await either_bench.use("shell", command=f"grep -c 99 {path}")).ok
    again = await either_bench.use("shell", command="seq 20000")
    assert again == result  # equal answers, so that a call that fails again and again is seen to


async def test_old_outputs_and_the_session_itself_are_bounded_and_in_no_snapshot(bench: Bench) -> None:
    makes = "mkdir -p .aarctl/outputs; for n in $(seq 40); do echo $n > .aarctl/outputs/$n.txt; done"
    await bench.use("shell", command=makes)
    kept = await bench.use("shell", command="ls .aarctl/outputs | wc -l; git init -q . && git status --short")
    assert kept.text == f"{session.KEPT_OUTPUTS}\n[exit code 0]"
    await bench.use("files", action="create", path="a.py", text="a = 1\n")
    shared = await bench.use("snapshots", action="share")
    assert "1 file," in shared.text


async def test_an_output_longer_than_the_spool_says_what_is_missing(bench: Bench) -> None:
    result = await bench.use("shell", command="head -c 9000000 /dev/zero | tr '\\0' x")
    path = result.text.rpartition(" is in ")[2].rstrip("]")
    kept = await bench.sandbox().get(path)
    assert b"bytes dropped" in kept and len(kept) < 5_000_000


async def test_colours_and_progress_bars_are_shown_as_a_terminal_ends_up_with_them(bench: Bench) -> None:
    result = await bench.use("shell", command=r"printf '\e[31mred\e[0m\n10%%\r55%%\r100%%\nbell\a\n'")
    assert result.text == "red\n100%\nbell\n[exit code 0]"


async def test_a_command_may_be_long_but_not_endless_and_not_nothing(bench: Bench) -> None:
    text = "# " + "é" * 90_000 + "\necho end"
    assert "end" in (await bench.use("shell", command=text)).text
    assert not (await bench.use("shell", command="x" * 100_001)).ok
    assert "restart=true" in (await bench.use("shell", command=" ")).text


names = st.from_regex(r"v_[A-Za-z0-9_]{1,10}", fullmatch=True)
values = st.binary(max_size=60).map(lambda raw: raw.replace(b"\0", b"")) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60
).map(str.encode)


@given(st.dictionaries(names, values, min_size=1, max_size=4), st.lists(values, max_size=4), st.booleans())
@settings(max_examples=30)
def test_any_value_of_a_variable_is_the_same_in_the_next_command(
    variables: dict[str, bytes], items: list[bytes], exported: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sets = [name.encode() + b"=" + quoted(value) for name, value in variables.items()]
        sets += [b"list=(" + b" ".join(map(quoted, items)) + b")", b"declare -A map"]
        sets += [b"map[" + name.encode() + b"]=" + quoted(value) for name, value in variables.items()]
        run(folder, b"\n".join([b"set -a" if exported else b":", *sets, b"set +a"]), "c1")
        shown = [f'"${{{name}}}" "${{map[{name}]}}"' for name in variables] + ['"${list[@]}"']
        found = run(folder, f"printf '%s\\0' {' '.join(shown)}".encode(), "c2")
    wanted = [part for value in variables.values() for part in (value, value)] + items
    assert found.split(b"\0")[: len(wanted)] == wanted


def quoted(value: bytes) -> bytes:
    """A word of bash that stands for these bytes."""
    return b"'" + value.replace(b"'", b"'\\''") + b"'"


def run(folder: str, command: bytes, call: str) -> bytes:
    """One command of a session in `folder`, in the bash of this machine."""
    env = {"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8"}
    argv = session.argv(call, fresh=False)
    return subprocess.run(argv, input=command, cwd=folder, env=env, check=True, stdout=subprocess.PIPE).stdout


@given(st.text(max_size=40))
def test_whatever_a_session_file_begins_with_is_read_as_something(head: str) -> None:
    assert isinstance(session.read(head), session.Left)
    assert session.read(f"# c7 {shlex.quote(head)}").call == "c7"
