"""A decoder-only transformer of the Llama family (Qwen2, Qwen3), small enough to read.

It exists because importing transformers costs 1.7 CPU-seconds and 110 MB in every process, and because no code of a
checkpoint may ever run here. Parameter names are those of Hugging Face checkpoints, so their safetensors load
unchanged (tests/lab/test_decoder.py compares the logits with transformers' own classes).
Not covered: sliding windows, rope scaling, dropout, mixtures of experts; `DecoderConfig.read` refuses them.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .errors import BadModel

ARCHITECTURES = {"qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """The fields of a Hugging Face config.json that decide shapes and arithmetic."""

    model_type: str
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    rms_norm_eps: float = 1e-6
    rope_theta: float = 10_000.0
    tie_word_embeddings: bool = True

    @classmethod
    def read(cls, path: Path) -> "DecoderConfig":
        """Reads a config.json. Raises BadModel for an architecture or an option that this file does not compute."""
        raw: dict[str, Any] = json.loads(path.read_text())
        kind = raw.get("model_type")
        if kind not in ARCHITECTURES:
            raise BadModel(f"{path}: model_type = {kind!r}; use one of {', '.join(ARCHITECTURES)}")
        rope = raw.get("rope_scaling") or raw.get("rope_parameters") or {}
        if rope.get("rope_type", rope.get("type", "default")) != "default" or raw.get("use_sliding_window"):
            raise BadModel(f"{path}: rope scaling and sliding windows are not supported; use a plain checkpoint")
        fields = {name: raw[name] for name in cls.__dataclass_fields__ if name in raw}
        fields["rope_theta"] = rope.get("rope_theta", raw.get("rope_theta", 10_000.0))
        if fields.get("head_dim") is None:  # Qwen2 checkpoints leave it out
            fields["head_dim"] = raw["hidden_size"] // raw["num_attention_heads"]
        return cls(**fields)

    def write(self, path: Path) -> None:
        """Writes a config.json that this file and transformers both read."""
        body = asdict(self) | {"architectures": [ARCHITECTURES[self.model_type]], "hidden_act": "silu"}
        path.write_text(json.dumps(body, indent=1, sort_keys=True) + "\n")


class RMSNorm(nn.Module):
    """x / rms(x) * weight, over the last dimension."""

    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight, self.eps)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding (Su et al. 2021), halves convention. x [B, H, T, D]; cos, sin [B, 1, T, D]."""
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-right, left), dim=-1) * sin


class Attention(nn.Module):
    """Grouped-query attention; Qwen3 normalises queries and keys per head, Qwen2 has biases instead."""

    def __init__(self, c: DecoderConfig):
        super().__init__()
        self.head_dim, self.groups = c.head_dim, c.num_attention_heads // c.num_key_value_heads
        bias = c.model_type == "qwen2"
        self.q_proj = nn.Linear(c.hidden_size, c.num_attention_heads * c.head_dim, bias=bias)
        self.k_proj = nn.Linear(c.hidden_size, c.num_key_value_heads * c.head_dim, bias=bias)
        self.v_proj = nn.Linear(c.hidden_size, c.num_key_value_heads * c.head_dim, bias=bias)
        self.o_proj = nn.Linear(c.num_attention_heads * c.head_dim, c.hidden_size, bias=False)
        normed = c.model_type == "qwen3"
        self.q_norm = RMSNorm(c.head_dim, c.rms_norm_eps) if normed else nn.Identity()
        self.k_norm = RMSNorm(c.head_dim, c.rms_norm_eps) if normed else nn.Identity()

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None) -> Tensor:
        B, T, _ = x.shape
        q = rotate(self.q_norm(self.q_proj(x).view(B, T, -1, self.head_dim)).transpose(1, 2), cos, sin)  # [B, H, T, D]
        k = rotate(self.k_norm(self.k_proj(x).view(B, T, -1, self.head_dim)).transpose(1, 2), cos, sin)
        v = self.v_proj(x).view(B, T, -1, self.head_dim).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None, enable_gqa=self.groups > 1)
        return self.o_proj(y.transpose(1, 2).reshape(B, T, -1))


class MLP(nn.Module):
    """SwiGLU (Shazeer 2020)."""

    def __init__(self, c: DecoderConfig):
        super().__init__()
        self.gate_proj = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.up_proj = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.down_proj = nn.Linear(c.intermediate_size, c.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    """Pre-norm attention and MLP, each added to the residual stream."""

    def __init__(self, c: DecoderConfig):
        super().__init__()
        self.self_attn, self.mlp = Attention(c), MLP(c)
        self.input_layernorm = RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(c.hidden_size, c.rms_norm_eps)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Body(nn.Module):
    """Embedding, layers and last norm: everything below the vocabulary."""

    def __init__(self, c: DecoderConfig):
        super().__init__()
        self.embed_tokens = nn.Embedding(c.vocab_size, c.hidden_size)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c.num_hidden_layers))
        self.norm = RMSNorm(c.hidden_size, c.rms_norm_eps)


class Decoder(nn.Module):
    """A causal language model. `hidden` stops below the vocabulary; `lm_head` maps chosen states to logits."""

    def __init__(self, config: DecoderConfig):
        super().__init__()
        self.config = config
        self.model = Body(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        if config.tie_word_embeddings:
            self.lm_head.weight = self.model.embed_tokens.weight

    def hidden(self, ids: Tensor, positions: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Last hidden states [B, T, hidden]. ids, positions int64 [B, T]; mask [B, 1, T, T], true (or 0.) = attend."""
        if positions is None:
            positions = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        x = self.model.embed_tokens(ids)  # [B, T, hidden]
        D = self.config.head_dim
        inverse = self.config.rope_theta ** -(torch.arange(0, D, 2, device=ids.device, dtype=torch.float32) / D)
        angle = positions[:, None, :, None].float() * torch.cat((inverse, inverse))  # [B, 1, T, D]
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        for layer in self.model.layers:
            x = layer(x, cos, sin, mask)
        return self.model.norm(x)

    def forward(self, ids: Tensor, positions: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Logits [B, T, vocab] at every position; prefer `hidden` and `lm_head` where few positions are read."""
        return self.lm_head(self.hidden(ids, positions, mask))

    @property
    def parameter_count(self) -> int:
        """Distinct parameters; a tied embedding counts once."""
        return sum(p.numel() for p in self.parameters())

    def __repr__(self) -> str:
        c = self.config
        size = f"{c.num_hidden_layers} layers, d {c.hidden_size}, {self.parameter_count:,} parameters"
        return f"Decoder({c.model_type}, {size})"


def initialise(model: Decoder, seed: int) -> Decoder:
    """Normal(0, .02) weights from `seed`, as transformers initialises these families; norms stay at one."""
    generator = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(p)
        elif p.ndim == 2:
            nn.init.normal_(p, std=0.02, generator=generator)
    return model
