"""Our decoder against transformers' own classes: the same weights give the same logits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from aarctl.lab.decoder import Decoder, DecoderConfig
from aarctl.lab.models import BASES, load_model

transformers = pytest.importorskip("transformers")


@pytest.mark.parametrize("name", ["strong", "weak"])
def test_a_shipped_base_gives_the_logits_that_transformers_gives(name: str) -> None:
    folder: Path = BASES / name
    ours, theirs = load_model(folder), transformers.AutoModelForCausalLM.from_pretrained(folder)
    ids = torch.randint(0, ours.config.vocab_size, (4, 24), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = theirs.eval()(input_ids=ids).logits
        found = ours.eval()(ids)
        found = found if found.shape == expected.shape else ours.head(found)
    assert torch.allclose(found, expected, atol=2e-4), (found - expected).abs().max()


@pytest.mark.parametrize("kind", ["qwen2", "qwen3"])
def test_a_random_model_of_another_shape_agrees_too(kind: str, tmp_path: Path) -> None:
    config_class, model_class = {
        "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM),
        "qwen3": (transformers.Qwen3Config, transformers.Qwen3ForCausalLM),
    }[kind]
    torch.manual_seed(1)
    config = config_class(
        vocab_size=50, hidden_size=48, intermediate_size=64, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=True,
        **({"head_dim": 16} if kind == "qwen3" else {}),
    )  # fmt: skip
    theirs = model_class(config).eval()
    theirs.save_pretrained(tmp_path)
    ours = load_model(tmp_path).eval()
    ids = torch.randint(0, 50, (3, 17), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected, found = theirs(input_ids=ids).logits, ours(ids)
        found = found if found.shape == expected.shape else ours.head(found)
    assert torch.allclose(found, expected, atol=2e-4), (found - expected).abs().max()


def test_the_configuration_of_a_base_is_read_back() -> None:
    assert isinstance(load_model(BASES / "strong"), Decoder)
    assert DecoderConfig.read(BASES / "strong" / "config.json").model_type == "qwen3"
