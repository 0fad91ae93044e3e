"""The words of the synthetic world, and a word-level tokenizer over them (digits are single tokens)."""

from tokenizers import Tokenizer, models, pre_tokenizers

SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
OPERATIONS = ("max", "min", "second", "third", "last")
WORDS = (*SPECIAL, *"0123456789", "+", "-", "=", ".", ":", "prof", "kid", *OPERATIONS)


def build_tokenizer() -> Tokenizer:
    """Splits at blanks and between digits; any other word is <unk>. The id of a word is its place in WORDS."""
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(individual_digits=True)]
    )
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer
