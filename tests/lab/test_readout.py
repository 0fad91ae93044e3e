"""The packed read-out and `margins` against one plain forward pass per candidate; batches and order do not matter."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from aarctl.lab.decoder import Decoder
from aarctl.lab.evaluate import accuracy, correct, margins
from aarctl.lab.models import base_folder, load_model, load_tokenizer
from aarctl.lab.readout import FIRST, PADDING, PROMPT, SECOND, attention_mask, encode, margin
from aarctl.lab.task import Format, Labelled, Pair, Task

FORMAT = Format()
DIGITS = st.text("0123456789", min_size=1, max_size=4)
ODD = [
    Pair("a", "max 1 2 3 4 5 =", "5", "1234"),
    Pair("b", "12 + 3 =", "15", "5"),
    Pair("c", "prof : 999 - 8 =", "991", "9 9 2 4 5"),
    Pair("d", "=", "1", "2"),
    Pair("e", "words nobody knows", "word", "2"),
]


@pytest.fixture(scope="module")
def weak() -> tuple[Decoder, Tokenizer]:
    folder = base_folder("weak")
    return load_model(folder).eval(), load_tokenizer(folder)


@torch.no_grad()
def naive(model: Decoder, tokenizer: Tokenizer, pair: Pair, format: Format) -> float:
    """log p(first) - log p(second), each by a pass of its own over prompt and candidate."""

    def log_p(candidate: str) -> float:
        prompt = tokenizer.encode(format.prompt.replace("{prompt}", pair.prompt), add_special_tokens=False).ids
        answer = tokenizer.encode(format.candidate.replace("{candidate}", candidate), add_special_tokens=False).ids
        logits = model(torch.tensor([prompt + answer]))[0].double().log_softmax(-1)
        return sum(float(logits[len(prompt) + i - 1, token]) for i, token in enumerate(answer))

    return log_p(pair.first) - log_p(pair.second)


def test_the_packed_read_out_equals_two_plain_passes_on_the_task(tiny_task: Task) -> None:
    model, tokenizer = tiny_task.base()
    pool = tiny_task.pool()[:24]
    expected = [naive(model, tokenizer, p, tiny_task.format) for p in pool]
    np.testing.assert_allclose(margins(model, tokenizer, pool, tiny_task.format), expected, atol=1e-4)


@pytest.mark.parametrize("format", [FORMAT, Format("<bos> prof : {prompt}", "{candidate} . <eos>")])
def test_it_does_so_for_uneven_candidates_and_another_format(weak: tuple[Decoder, Tokenizer], format: Format) -> None:
    expected = [naive(*weak, p, format) for p in ODD]
    np.testing.assert_allclose(margins(*weak, ODD, format), expected, atol=1e-4)


@settings(max_examples=40)
@given(DIGITS, st.lists(st.tuples(DIGITS, DIGITS), min_size=1, max_size=6), st.integers(1, 7))
def test_margins_do_not_depend_on_batch_or_order_and_change_sign_with_the_sides(
    weak: tuple[Decoder, Tokenizer], prompt: str, sides: list[tuple[str, str]], batch: int
) -> None:
    pairs = [Pair(str(i), f"{prompt} =", a, b) for i, (a, b) in enumerate(sides)]
    whole = margins(*weak, pairs, FORMAT)
    assert whole.dtype == np.float32
    np.testing.assert_allclose(margins(*weak, pairs, FORMAT, batch=batch), whole, atol=1e-4)
    np.testing.assert_allclose(margins(*weak, pairs[::-1], FORMAT)[::-1], whole, atol=1e-4)
    swapped = [Pair(p.id, p.prompt, p.second, p.first) for p in pairs]
    np.testing.assert_allclose(margins(*weak, swapped, FORMAT), -whole, atol=1e-4)
    alone = [float(margins(*weak, [p], FORMAT)[0]) for p in pairs]
    np.testing.assert_allclose(alone, whole, atol=1e-4)


def test_batches_of_any_size_decide_every_pair_of_the_pool_alike(tiny_task: Task) -> None:
    model, tokenizer = tiny_task.base()
    found = [margins(model, tokenizer, tiny_task.pool(), tiny_task.format, batch=b) for b in (1, 5, 256)]
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], atol=1e-4)
        assert ((other > 0) == (found[0] > 0)).all()


def test_a_candidate_sees_the_prompt_and_itself_only() -> None:
    mask = attention_mask(torch.tensor([[PROMPT, PROMPT, FIRST, FIRST, SECOND, PADDING]]))[0, 0].int().tolist()
    assert [row[:5] for row in mask[:5]] == [
        [1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 0, 0, 1],
    ]  # fmt: skip
    assert all(row[5] == 0 for row in mask[:5])


def test_a_chosen_row_reads_the_same_as_in_the_whole_and_has_a_gradient(weak: tuple[Decoder, Tokenizer]) -> None:
    model, tokenizer = weak
    encoded = encode(tokenizer, ODD, FORMAT)
    whole = margin(model, encoded)
    assert torch.allclose(margin(model, encoded.rows(torch.tensor([3, 1]))), whole[[3, 1]], atol=1e-4)
    whole.sum().backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    model.zero_grad()


def test_a_tie_is_wrong_on_either_side() -> None:
    scores = np.array([0.0, 0.0, 1.0, 1.0, -1.0, -1.0], np.float32)
    assert correct(scores, [1, 0, 1, 0, 1, 0]).tolist() == [False, False, True, False, False, True]


def test_accuracy_is_the_share_of_right_decisions(weak: tuple[Decoder, Tokenizer]) -> None:
    decided = [int(m > 0) for m in margins(*weak, ODD, FORMAT)]
    assert accuracy(*weak, [Labelled(p, d) for p, d in zip(ODD, decided, strict=True)], FORMAT) == 1
    flipped = [Labelled(p, d ^ (i < 2)) for i, (p, d) in enumerate(zip(ODD, decided, strict=True))]
    assert accuracy(*weak, flipped, FORMAT) == pytest.approx(3 / 5)
