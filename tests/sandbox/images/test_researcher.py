"""The image that researchers work in, looked at from inside: who they are there, and what they can train with."""

from __future__ import annotations

import pytest

from aarctl.sandbox import images
from aarctl.sandbox.docker.engine import Engine

from ...engine import REQUIRED

TOOLS = "bash git jq less make nano patch ps rg tree unzip vi"
TRAIN = """
import torch, transformers, datasets, peft, aarctl.lab.train, aarctl.lab.student
config = transformers.GPT2Config(vocab_size=16, n_positions=8, n_embd=8, n_layer=1, n_head=1)
lora = peft.LoraConfig(target_modules=["c_attn"], fan_in_fan_out=True)
model = peft.get_peft_model(transformers.GPT2LMHeadModel(config), lora)
ids = torch.tensor(datasets.Dataset.from_dict({"ids": [[1, 2, 3]]})["ids"][:])
model(input_ids=ids, labels=ids).loss.backward()
print("trained", torch.__version__)
"""


async def inside(engine: Engine, image: str, *argv: str, user: str = "1000:1000") -> str:
    """What a command prints in a container of the image, without a network and with a read-only root."""
    closed = {"network_mode": "none", "read_only": True, "tmpfs": {"/tmp": ""}}
    told: bytes = await engine.call(
        lambda client: client.containers.run(image, argv, user=user, remove=True, stderr=True, **closed)
    )
    return told.decode()


@pytest.fixture
async def image(docker_engine: Engine) -> str:
    """The researchers' CPU image, whatever its keeper; where it was never built: skipped, or failed in CI."""
    try:
        return (await images.read(docker_engine, images.researcher_tag("cpu"))).id
    except images.ImageMissing as error:
        (pytest.fail if REQUIRED else pytest.skip)(f"NOT TESTED: {error}")


async def test_what_experiments_train_with_works_without_network(docker_engine: Engine, image: str) -> None:
    assert "trained 2." in await inside(docker_engine, image, "python", "-c", TRAIN)


async def test_torch_can_compile_its_kernels(docker_engine: Engine, image: str) -> None:
    assert "Free Software" in await inside(docker_engine, image, "g++", "--version")


@pytest.fixture
def base(docker_engine: Engine) -> str:
    return images.base_tag()


async def test_a_researcher_is_a_plain_user_with_the_common_tools(docker_engine: Engine, base: str) -> None:
    told = await inside(docker_engine, base, "bash", "-c", f"id -un; id -G; type -P {TOOLS} | wc -l")
    assert told.split() == ["researcher", "1000", str(len(TOOLS.split()))]


async def test_only_the_workspace_and_temporary_places_are_theirs(docker_engine: Engine, base: str) -> None:
    find = "find / -xdev ( -uid 1000 -o -perm -o+w ) -not -type l"
    told = await inside(docker_engine, base, *find.split(), user="0")
    assert set(told.split()) <= {"/workspace", "/tmp", "/var/tmp", "/run/lock"}


async def test_no_program_in_it_gives_another_user(docker_engine: Engine, base: str) -> None:
    assert await inside(docker_engine, base, "find", "/", "-xdev", "-type", "f", "-perm", "/6000", user="0") == ""


async def test_keeper_and_lab_are_compiled_and_need_no_other_folder(docker_engine: Engine, base: str) -> None:
    keeper = "/opt/keeper/aarctl/sandbox/keeper.py"
    told = await inside(docker_engine, base, "python", "-I", "-S", keeper, "serve", "--help", user="0")
    assert "The keeper" in told
    ours = "find /opt/keeper/aarctl /opt/aarctl -name"
    told = await inside(docker_engine, base, "sh", "-c", f"{ours} '*.py' | wc -l; {ours} '*.pyc' | wc -l")
    sources, compiled = told.split()
    assert int(sources) == int(compiled) > 20


async def test_the_spool_is_closed_to_the_researcher(docker_engine: Engine, base: str) -> None:
    told = await inside(docker_engine, base, "stat", "-c", "%n %u %a", "/spool", "/run/aarctl", "/workspace")
    assert told.splitlines() == ["/spool 0 700", "/run/aarctl 0 700", "/workspace 1000 755"]
