"""The public catalogues of models and prices, read into one shape.

Each reader gives {(vendor, model): Fact}. Prices are dollars per million tokens.
"""

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal

# vendor: (pi-ai's file, genai-prices' id, litellm's provider)
VENDORS = {
    "openai": ("openai", "openai", "openai"),
    "anthropic": ("anthropic", "anthropic", "anthropic"),
    "google": ("google", "google", "gemini"),
    "azure": ("azure", "azure", "azure"),
    "mistral": ("mistral", "mistral", "mistral"),
    "groq": ("groq", "groq", "groq"),
    "deepseek": ("deepseek", "deepseek", "deepseek"),
    "xai": ("xai", "x-ai", "xai"),
    "cerebras": ("cerebras", "cerebras", "cerebras"),
    "together": ("together", "together", "together_ai"),
    "fireworks": ("fireworks", "fireworks", "fireworks_ai"),
    "moonshotai": ("moonshotai", "moonshotai", "moonshot"),
    "zai": ("zai", "zai", "zai"),
    "minimax": ("minimax", "minimax", "minimax"),
    "perplexity": (None, "perplexity", "perplexity"),
    "cohere": (None, "cohere", "cohere_chat"),
}
KINDS = ("input", "cached", "write", "output")


@dataclass
class Fact:
    price: dict = field(default_factory=dict)  # of KINDS and "write_1h"
    long_above: int = 0                        # input tokens beyond which `long` applies
    long: dict = field(default_factory=dict)
    context: int = 0
    output_max: int = 0
    can: set = field(default_factory=set)
    since: str = ""  # when this price began, where a source tells it


def dollars(number):
    """A price as it is written; no price of its own where a source has 0 or none."""
    return Decimal(str(number)).normalize() if number else None


def kept(prices):
    return {kind: price for kind, price in prices.items() if price is not None}


def read_pi(folder):
    """npm @earendil-works/pi-ai: a file per vendor, chat models only."""
    facts = {}
    names = {"input": "input", "cached": "cacheRead", "write": "cacheWrite", "output": "output"}
    for vendor, (name, _, _) in VENDORS.items():
        path = folder / f"pi-ai-1.5.2/{name}.json"
        if not name or not path.exists():
            continue
        for group in json.loads(path.read_text()).values():
            for model in group.values():
                if model.get("type") != "chat" or not model["cost"]["input"]:
                    continue
                cost = model["cost"]
                fact = Fact(price=kept({k: dollars(cost.get(n)) for k, n in names.items()}),
                            context=model.get("contextWindow", 0),
                            output_max=model.get("maxTokens", 0), can=pi_can(model))
                for tier in cost.get("tiers", [])[:1]:
                    fact.long_above = tier["inputTokensAbove"]
                    fact.long = kept({k: dollars(tier.get(n)) for k, n in names.items()})
                facts[vendor, model["id"]] = fact
    return facts


def pi_can(model):
    compat = model.get("compat", {})
    can = {"tools"}
    if "image" in model.get("input", []):
        can.add("vision")
    if model.get("reasoning"):
        can.add("reasoning")
    if compat.get("supportsStrictMode") or compat.get("supportsStrictTools"):
        can.add("strict")
    if compat.get("supportsTemperature") is False:
        can.add("no_sampling")
    return can


def read_genai(folder, today):
    """genai-prices: prices with dates and tiers; the one in force on `today`."""
    facts = {}
    ids = {genai: vendor for vendor, (_, genai, _) in VENDORS.items()}
    for provider in json.loads((folder / "genai-prices_npm-0.1.8_data.json").read_text()):
        vendor = ids.get(provider["id"])
        for model in provider["models"] if vendor else []:
            fact = genai_fact(model, today)
            if not fact:
                continue
            for name in {model["id"], *equal_names(model.get("match", {}))}:
                facts.setdefault((vendor, name), fact)
    return facts


def equal_names(match):
    if "equals" in match:
        yield match["equals"]
    for inner in match.get("or", []):
        yield from equal_names(inner)


def genai_fact(model, today):
    prices, since = model["prices"], ""
    if isinstance(prices, list):
        for dated in prices:
            constraint = dated.get("constraint") or {}
            start = constraint.get("start_date", "")
            if constraint.get("type", "start_date") == "start_date" and start <= today:
                chosen, since = dated["prices"], start
        prices = chosen
    names = {"input": "input_mtok", "cached": "cache_read_mtok", "write": "cache_write_mtok",
             "output": "output_mtok", "write_1h": "cache_write_1h_mtok"}
    fact = Fact(context=model.get("context_window", 0), since=since)
    for kind, name in names.items():
        value = prices.get(name)
        if isinstance(value, dict):
            tier = value["tiers"][0]
            fact.long_above = tier["start"]
            fact.long[kind] = dollars(tier["price"])
            value = value["base"]
        if value:
            fact.price[kind] = dollars(value)
    return fact if fact.price.get("input") else None


def read_litellm(folder):
    """litellm: the broadest, dollars per token."""
    facts = {}
    providers = {name: vendor for vendor, (_, _, name) in VENDORS.items()}
    names = {"input": "input_cost_per_token", "cached": "cache_read_input_token_cost",
             "write": "cache_creation_input_token_cost", "output": "output_cost_per_token",
             "write_1h": "cache_creation_input_token_cost_above_1hr"}
    path = folder / "litellm_model_prices_and_context_window.json"
    for key, row in json.loads(path.read_text()).items():
        vendor = providers.get(row.get("litellm_provider"))
        if not vendor or row.get("mode") not in ("chat", "responses", "embedding"):
            continue
        prefix = VENDORS[vendor][2].removesuffix("_chat") + "/"
        name = key.removeprefix(prefix)
        if name.startswith("ft:") or re.match(r"(us|eu|fast|global)[/.]", name):
            continue
        price = {k: dollars(Decimal(str(row.get(n) or 0)) * 1_000_000) for k, n in names.items()}
        fact = Fact(price=kept(price), context=number_of(row.get("max_input_tokens")),
                    output_max=number_of(row.get("max_output_tokens")), can=litellm_can(row))
        embeds = row["mode"] == "embedding"
        if "input" in fact.price and (embeds or "output" in fact.price):
            add_litellm_tier(fact, row, names)
            facts[vendor, name] = fact
    return facts


def number_of(value):
    return int(value) if isinstance(value, (int, float)) else 0


def add_litellm_tier(fact, row, names):
    for size in (128, 200, 272):
        above = f"_above_{size}k_tokens"
        if names["input"] + above in row:
            fact.long_above = size * 1000
            fact.long = kept({k: dollars(Decimal(str(row.get(n + above) or 0)) * 1_000_000)
                              for k, n in names.items() if k in KINDS})


def litellm_can(row):
    flags = {"supports_function_calling": "tools", "supports_vision": "vision",
             "supports_response_schema": "strict", "supports_reasoning": "reasoning",
             "supports_pdf_input": "pdf", "supports_audio_input": "audio",
             "supports_assistant_prefill": "prefill",
             "supports_parallel_function_calling": "parallel_tools"}
    can = {name for flag, name in flags.items() if row.get(flag)}
    if row.get("supports_sampling_params") is False:
        can.add("no_sampling")
    if row["mode"] == "embedding":
        can.add("embedding")
    return can
