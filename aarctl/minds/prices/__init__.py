"""What a call to a model costs: dated prices, exact costs, worst cases.

    prices = PriceList.open(home, recipe)
    tariff = prices.tariff("claude-opus-5-5", today)               # UnknownPrice names the model, the file and the fix
    reserve = worst_case_nusd(tariff, prompt_at_most(new_bytes, known_tokens), max_tokens)
    charge = cost_nusd(tariff, reported(usage))                    # integer nano-dollars, never more than was reserved

A call is priced by the UTC day on which it was requested, so that a run over a change of prices adds up.
"""

from .charge import OVERHEAD_TOKENS, cost_nusd, prompt_at_most, reported, worst_case_nusd
from .errors import BadPrice, BadUsage, PriceError, UnknownPrice
from .pricelist import HOME_FILE, PriceList
from .rates import ALWAYS, Rates, Tariff, Tier, Tokens

__all__ = [
    "ALWAYS",
    "HOME_FILE",
    "OVERHEAD_TOKENS",
    "BadPrice",
    "BadUsage",
    "PriceError",
    "PriceList",
    "Rates",
    "Tariff",
    "Tier",
    "Tokens",
    "UnknownPrice",
    "cost_nusd",
    "prompt_at_most",
    "reported",
    "worst_case_nusd",
]
