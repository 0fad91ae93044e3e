"""A Python that any user of this machine can run, with the sandbox room importable: for tests that run as root and ask
how a plain user fares. The checkout and its environment may lie where nobody else can read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534
NEEDED = "aarctl.sandbox.bubblewrap, aarctl.sandbox.probe, pyseccomp"
"""What the scripts of these tests import."""
OUTSIDE = """
import json, sys
before = set(sys.modules)
import {needed}
tops = {{name.split(".")[0] for name in set(sys.modules) - before}} - set(sys.stdlib_module_names)
print(json.dumps([sys.modules[top].__file__ for top in tops if getattr(sys.modules.get(top), "__file__", None)]))
"""


@contextmanager
def room() -> Iterator[Path]:
    """A new folder that belongs to nobody, below one that all can read."""
    with tempfile.TemporaryDirectory(prefix="aarctl-plain-") as folder:
        os.chmod(folder, 0o755)
        home = Path(folder, "home")
        home.mkdir()
        os.chown(home, NOBODY, NOBODY)
        _copy_packages(Path(folder, "packages"))
        yield home


def run(home: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script as nobody, with `home` as its folder. Raises AssertionError where no Python can be run."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(home.parent / "packages"), "TMPDIR": str(home)}
    return _as_nobody([interpreter(), "-c", script, *arguments], env)


def interpreter() -> str:
    """A Python of our own version that nobody can run."""
    asked = "import sys; print(*sys.version_info[:2])"
    for one in dict.fromkeys((os.path.realpath(sys.executable), "/usr/local/bin/python3", "/usr/bin/python3")):
        try:
            said = _as_nobody([one, "-c", asked], {}).stdout.split()
        except OSError:
            continue
        # A Python whose own folder is closed may run on the system's library: then it is the system's in all but name.
        if said == [str(number) for number in sys.version_info[:2]] and os.access(one, os.X_OK) and _open_to_all(one):
            return one
    raise AssertionError(f"no user but root can run a Python {sys.version_info[0]}.{sys.version_info[1]} here")


def _as_nobody(argv: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, user=NOBODY, group=NOBODY, extra_groups=[], env=env, cwd="/", capture_output=True, text=True
    )


def _open_to_all(path: str) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in Path(path).parents)


def _copy_packages(target: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", OUTSIDE.format(needed=NEEDED)], capture_output=True, text=True, check=True
    )
    for file in map(Path, json.loads(said.stdout)):
        target.mkdir(exist_ok=True)
        if file.name == "__init__.py":
            ignored = shutil.ignore_patterns("__pycache__", "bases")
            shutil.copytree(file.parent, target / file.parent.name, ignore=ignored)
        else:
            shutil.copy(file, target)
    for path in target.rglob("*"):
        path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o644))
