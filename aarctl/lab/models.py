"""Loading and saving checkpoints: config.json + model.safetensors + tokenizer.json, nothing else.

No pickle and no code of a checkpoint is ever read. A base is pinned by the sha256 of its weights and, where a hash is
given, refused when it differs.
"""

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from .decoder import Decoder, DecoderConfig
from .errors import BadModel

BASES = Path(__file__).parent / "bases"
WEIGHTS = "model.safetensors"


def sha256(path: Path) -> str:
    """Hex digest of one file."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def load_model(folder: Path, *, expect_sha256: str | None = None) -> Decoder:
    """The checkpoint in `folder`, float32. Raises BadModel when a file is missing, its hash or any tensor differs."""
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise BadModel(f"{weights} is missing; a checkpoint has config.json, {WEIGHTS} and tokenizer.json")
    if expect_sha256 is not None and (found := sha256(weights)) != expect_sha256:
        raise BadModel(f"{weights}: sha256 = {found}, expected {expect_sha256}; restore the file or rebuild the task")
    with torch.device("meta"):  # no random initialisation of weights that are about to be replaced
        model = Decoder(DecoderConfig.read(folder / "config.json"))
    try:
        tensors = load_file(weights)
        if model.config.tie_word_embeddings:
            tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
        model.load_state_dict({k: t.float() for k, t in tensors.items()}, strict=True, assign=True)
    except (SafetensorError, RuntimeError, KeyError) as error:
        raise BadModel(f"{weights} does not fit {folder / 'config.json'}: {error}") from error
    if model.config.tie_word_embeddings:
        model.lm_head.weight = model.model.embed_tokens.weight
    return model.requires_grad_(True)


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer.json of a checkpoint. Raises BadModel when it is missing."""
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise BadModel(f"{path} is missing; a checkpoint has config.json, {WEIGHTS} and tokenizer.json")
    return Tokenizer.from_file(str(path))


def weights_of(model: Decoder) -> dict[str, torch.Tensor]:
    """The tensors that a full checkpoint holds; a tied lm_head is left out, as transformers does."""
    tensors = {k: t.detach().contiguous() for k, t in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        del tensors["lm_head.weight"]
    return tensors


def save_model(model: Decoder, tokenizer: Tokenizer, folder: Path) -> str:
    """Writes a checkpoint that `load_model` and transformers read; returns the sha256 of its weights."""
    folder.mkdir(parents=True, exist_ok=True)
    model.config.write(folder / "config.json")
    save_file(weights_of(model), folder / WEIGHTS, metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(0o644)  # safetensors writes 0600; sandboxes and other users must read it
    tokenizer.save(str(folder / "tokenizer.json"))
    return sha256(folder / WEIGHTS)


def base_folder(kind: str) -> Path:
    """A shipped base, "strong" or "weak", after checking its files against bases/SHA256SUMS. Raises BadModel."""
    if kind not in ("strong", "weak"):
        raise BadModel(f"base = {kind!r}; use 'strong' or 'weak'")
    for line in (BASES / "SHA256SUMS").read_text().splitlines():
        expected, name = line.split()
        if name.startswith(f"{kind}/") and (found := sha256(BASES / name)) != expected:
            raise BadModel(
                f"{BASES / name}: sha256 = {found}, expected {expected}; "
                "reinstall aarctl or run python -m aarctl.lab.pretrain"
            )
    return BASES / kind
