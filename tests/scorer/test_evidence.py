"""Label-free statistics: what they say about constant, copied and seedless students."""

import numpy as np

from aarctl.scorer.evidence import behaviours, consensus, describe

CHANCE = np.random.default_rng(0)
MARGINS = CHANCE.normal(size=(3, 100)).astype(np.float32)


def test_a_constant_student_agrees_with_its_modal_answer_always() -> None:
    always_second = -np.ones((1, 50), np.float32)
    evidence = describe(always_second, {})
    assert (evidence.agreement_with_modal, evidence.share_first, evidence.agreement_between) == (
        1.0,
        0.0,
        1.0,
    )


def test_students_that_ignore_their_seed_show_as_one_behaviour() -> None:
    same = np.stack([MARGINS[0], 2 * MARGINS[0], MARGINS[1]])
    evidence = describe(same, {})
    assert (evidence.students, evidence.distinct_behaviours, evidence.items) == (3, 2, 100)


def test_the_hash_of_predictions_ignores_the_order_of_students_and_the_size_of_margins() -> None:
    other = describe(5 * MARGINS[::-1], {})
    assert other.predictions_sha256 == describe(MARGINS, {}).predictions_sha256
    assert describe(MARGINS[:2], {}).predictions_sha256 != other.predictions_sha256


def test_the_nearest_earlier_submission_is_named_with_its_distance() -> None:
    near = MARGINS.copy()
    near[:, :4] *= -1
    earlier = {"far": consensus(-MARGINS), "near": consensus(near), "of another test": b"\0"}
    evidence = describe(MARGINS, earlier)
    assert evidence.nearest_submission == "near"
    assert evidence.nearest_distance == 0.04


def test_behaviour_is_one_bit_an_item() -> None:
    assert [len(bits) for bits in behaviours(MARGINS)] == [13, 13, 13]
