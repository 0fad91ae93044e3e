"""`aarctl serve`: it says where to look, stays on this machine unless asked, and refuses in sentences."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from aarctl.home import Home
from tests.cli.conftest import Aarctl, Runs, opening


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_it_answers_on_loopback_at_the_address_that_it_prints(home: Home, runs: Runs) -> None:
    runs.make("demo", *opening())
    port = free_port()
    argv = [sys.executable, "-m", "aarctl.cli", "serve", "demo", "--port", str(port)]
    environ = {**os.environ, "AARCTL_HOME": str(home.root), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environ) as server:
        assert server.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/\?key=\S+", server.stdout.readline())
        assert found is not None
        until = time.monotonic() + 60  # the address is said a moment before anybody listens there
        while True:
            try:
                assert status(found[0]) == 200
                break
            except urllib.error.URLError:
                assert time.monotonic() < until
                time.sleep(0.05)
        assert status(found[0].split("?")[0]) == 403
        server.terminate()
        assert server.wait(20) in (0, -15)


def test_an_address_that_others_reach_is_refused_unless_asked_for(aarctl: Aarctl, home: Home) -> None:
    result = aarctl("serve", "--host", "0.0.0.0")
    assert result.exit_code == 1 and "add --expose to allow it" in result.stderr


def test_a_port_that_is_taken_is_said(aarctl: Aarctl, home: Home) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        result = aarctl("serve", "--port", str(held.getsockname()[1]))
    assert result.exit_code == 1 and "choose another --port" in result.stderr


def test_a_run_that_is_not_there_is_said_before_anything_is_served(aarctl: Aarctl, home: Home) -> None:
    result = aarctl("serve", "nowhere")
    assert result.exit_code == 1 and "nowhere" in result.stderr
