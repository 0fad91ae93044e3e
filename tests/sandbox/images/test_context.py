"""What the engine is sent, and the Dockerfile that it is sent with."""

from __future__ import annotations

import io
import re
import tarfile
import tomllib
from pathlib import Path

import pytest

from aarctl.sandbox.images import context

ROOT = Path(__file__).parents[3]
DOCKERFILE = context.dockerfile().read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def instructions(text: str) -> list[str]:
    """The Dockerfile without comments, a line for each instruction."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return [line.strip() for line in kept.replace("\\\n", " ").splitlines() if line.strip()]


def test_the_context_is_the_same_bytes_each_time() -> None:
    assert context.pack() == context.pack()


def test_every_source_that_the_dockerfile_copies_is_in_the_context() -> None:
    with tarfile.open(fileobj=io.BytesIO(context.pack())) as tar:
        names = tar.getnames()
    assert names[0] == "Dockerfile" and not [name for name in names if "__pycache__" in name]
    copies = [line.split() for line in instructions(DOCKERFILE) if line.startswith("COPY aarctl")]
    assert copies
    for source in (word for words in copies for word in words[1:-1]):
        assert any(name == source or name.startswith(source + "/") for name in names), source


def test_nothing_of_the_supervisor_or_a_scorer_is_sent() -> None:
    with tarfile.open(fileobj=io.BytesIO(context.pack())) as tar:
        rooms = {name.split("/")[1] for name in tar.getnames() if name.count("/") > 1}
        beside_the_keeper = {name for name in tar.getnames() if re.fullmatch(r"aarctl/sandbox/[^/]+", name)}
    assert rooms == {"sandbox", "lab"}
    assert beside_the_keeper == {"aarctl/sandbox/__init__.py", "aarctl/sandbox/keeper.py"}


def test_a_wheel_carries_the_dockerfile_to_where_the_context_looks_for_it() -> None:
    forced = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    inside = {source: ROOT / place for source, place in forced.items()}
    assert inside == {str(context.IN_A_CHECKOUT.relative_to(ROOT)): context.IN_A_WHEEL}


def test_the_older_builder_suffices() -> None:
    for line in instructions(DOCKERFILE):
        assert not re.match(r"(RUN --|COPY --(chmod|chown|link)|ADD )", line) and "<<" not in line, line
    assert not DOCKERFILE.startswith("# syntax")


def test_the_ground_is_a_plain_public_image() -> None:
    froms = [line.split()[1] for line in instructions(DOCKERFILE) if line.startswith("FROM")]
    assert froms[0] == "python:3.11-slim" and "/" not in "".join(froms)


def pins() -> dict[str, str]:
    """Package -> exact version, as the Dockerfile installs them."""
    return dict(re.findall(r"([a-z]+)==([0-9.]+)", "\n".join(instructions(DOCKERFILE))))


@pytest.mark.parametrize("package", ["torch", "transformers", "datasets", "peft", "msgpack"])
def test_what_experiments_train_with_is_pinned(package: str) -> None:
    assert package in pins()


def test_the_image_has_versions_that_the_project_itself_works_with() -> None:
    declared = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["hub"]]
    numbers = re.compile(r"^([a-z]+)(?:==([0-9.]+)|>=([0-9.]+),<([0-9.]+))$")

    def version(text: str) -> list[int]:
        return [int(part) for part in text.split(".")]

    seen = set()
    for name, exact, low, high in (found.groups() for line in declared if (found := numbers.match(line))):
        if name not in pins():
            continue
        seen.add(name)
        if exact:
            assert pins()[name] == exact
        else:
            assert version(low) <= version(pins()[name]) < version(high), name
    assert seen == set(pins()) - {"peft"}  # peft is for the image alone
