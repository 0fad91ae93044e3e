"""A resolved recipe is a recipe: load reads back what resolve wrote."""

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from aarctl.recipe import (
    Budget,
    Compute,
    Limits,
    Price,
    Recipe,
    Replication,
    Researcher,
    SandboxChoice,
    Schedule,
    ScorerChoice,
    Search,
    TaskChoice,
    loads,
    resolve,
)
from aarctl.recipe.model import QUERIES_MAX

ids = st.lists(st.sampled_from([f"r{n}" for n in range(1, 10)]), min_size=1, max_size=9, unique=True)
sizes = st.none() | st.integers(32, 100_000)
limits = st.builds(
    Limits,
    minutes=st.none() | st.floats(0, 1_000_000, exclude_min=True),
    turns=st.none() | st.integers(1, 1_000_000),
    submissions=st.none() | st.integers(0, 1_000_000),
    experiments=st.none() | st.integers(0, 1_000_000),
    usd=st.none() | st.floats(0, 1_000_000),
    tokens=st.none() | st.integers(1, 10**12),
    calls=st.none() | st.integers(1, 1_000_000),
)
rates = st.integers(0, 10**11).map(lambda millionths: millionths / 1e6)
prices = st.lists(
    st.builds(
        Price,
        model=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,20}", fullmatch=True),
        input=rates,
        output=rates,
        cache_read=st.none() | rates,
        cache_write_5m=st.none() | rates,
        cache_write_1h=st.none() | rates,
    ),
    max_size=3,
    unique_by=lambda price: price.model,
).map(tuple)
directions = st.text(st.characters(codec="utf-8"), max_size=40)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Any valid recipe."""
    feedback, other = draw(st.permutations(["code", "math"]))
    rounds = draw(st.booleans())
    candidates = draw(st.integers(1, 64))
    minds: st.SearchStrategy[Literal["search", "scripted"]] = st.sampled_from(["search", "scripted"])
    auto: st.SearchStrategy[Literal["auto"] | int] = st.sampled_from(["auto"])
    return Recipe(
        name=draw(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,39}", fullmatch=True)),
        seed=draw(st.integers(0, 2**63 - 1)),
        task=TaskChoice(
            feedback=feedback,
            held_out=draw(st.sampled_from([(), (other,)])),
            n_labelled=draw(sizes),
            n_pool=draw(sizes),
            n_test=draw(sizes),
        ),
        researchers=tuple(
            Researcher(id=each, mind=draw(minds), direction=draw(directions), budget=draw(limits)) for each in draw(ids)
        ),
        schedule=Schedule(
            kind="rounds" if rounds else "free",
            rounds=draw(st.none() | st.integers(1, 10_000)) if rounds else None,
        ),
        budget=Budget(fleet=draw(limits), researcher=draw(limits)),
        sandbox=draw(
            st.builds(
                SandboxChoice,
                backend=st.sampled_from(["auto", "docker", "bubblewrap", "process"]),
                memory_gb=st.floats(0.25, 4096),
                pids=st.integers(16, 100_000),
                cpus=st.none() | st.floats(0.1, 1024),
                disk_gb=st.floats(0.1, 65_536),
                timeout_s=st.floats(1, 604_800),
                allow_unsafe=st.booleans(),
            )
        ),
        compute=Compute(slots=draw(auto | st.integers(1, 1024)), usd_per_hour=draw(st.floats(0, 10_000))),
        prices=draw(prices),
        scorer=ScorerChoice(queries=draw(st.integers(1, QUERIES_MAX)), students_max=draw(st.integers(1, 5))),
        replication=Replication(
            seeds=draw(st.integers(1, 64)),
            policy=draw(st.sampled_from(["best-of-each", "leader", "none"])),
            held_out=draw(st.booleans()),
        ),
        search=Search(
            candidates=candidates,
            screen_fraction=draw(st.floats(0, 1, exclude_min=True)),
            promote=draw(st.integers(1, candidates)),
        ),
    )


@given(recipes())
def test_load_reads_a_resolved_recipe_back_to_an_equal_one(recipe: Recipe) -> None:
    text = resolve(recipe)
    assert loads(text, source="resolved.toml") == recipe
    assert resolve(loads(text, source="resolved.toml")) == text


def test_a_resolved_recipe_writes_the_defaults_out_and_leaves_absent_limits_out() -> None:
    text = resolve(loads("[[researchers]]\n", source="plain.toml"))
    assert 'name = "plain"' in text and "students_max = 5" in text and 'id = "r1"' in text
    assert "minutes" not in text and "[budget" not in text
