#include "catalogue/seed.h"

namespace plimsoll::catalogue {

// List prices, nano-dollars per million tokens, for prompts below the size at
// which a vendor's long-context tier begins. -1: no price of its own.
// Facts from @earendil-works/pi-ai 1.5.2 (MIT), generated 2026-11-10.
// clang-format off
constexpr Entry kRows[] = {
    // vendor, model, input, cached input, output, output tokens at most
    {"openai", "gpt-4.1", 2000000000, 500000000, 8000000000, 32768},
    {"openai", "gpt-4.1-mini", 400000000, 100000000, 1600000000, 32768},
    {"openai", "gpt-4.1-nano", 100000000, 25000000, 400000000, 32768},
    {"openai", "gpt-4o", 2500000000, 1250000000, 10000000000, 16384},
    {"openai", "gpt-4o-2024-05-13", 5000000000, -1, 15000000000, 4096},
    {"openai", "gpt-4o-mini", 150000000, 75000000, 600000000, 16384},
    {"openai", "gpt-5", 1250000000, 125000000, 10000000000, 128000},
    {"openai", "gpt-5-mini", 250000000, 25000000, 2000000000, 128000},
    {"openai", "gpt-5-nano", 50000000, 5000000, 400000000, 128000},
    {"openai", "gpt-5.1", 1250000000, 125000000, 10000000000, 128000},
    {"openai", "gpt-5.2", 1750000000, 175000000, 14000000000, 128000},
    {"openai", "gpt-5.4", 2500000000, 250000000, 15000000000, 128000},
    {"openai", "gpt-5.4-mini", 750000000, 75000000, 4500000000, 128000},
    {"openai", "gpt-5.4-nano", 200000000, 20000000, 1250000000, 128000},
    {"openai", "gpt-5.5", 5000000000, 500000000, 30000000000, 128000},
    {"openai", "gpt-6-luna", 100000000, 10000000, 500000000, 128000},
    {"openai", "gpt-6-sol", 2000000000, 200000000, 10000000000, 128000},
    {"openai", "gpt-6.1-sol", 2000000000, 100000000, 10000000000, 128000},
    {"openai", "gpt-6.1-terra", 1000000000, 50000000, 5000000000, 128000},
    {"openai", "o3", 2000000000, 500000000, 8000000000, 100000},
    {"openai", "o3-mini", 1100000000, 550000000, 4400000000, 100000},
    {"openai", "o4-mini", 1100000000, 275000000, 4400000000, 100000},
    {"anthropic", "claude-haiku-4-5", 1000000000, 100000000, 5000000000, 64000},
    {"anthropic", "claude-haiku-5-5", 100000000, 10000000, 500000000, 128000},
    {"anthropic", "claude-opus-4-5", 5000000000, 500000000, 25000000000, 64000},
    {"anthropic", "claude-opus-5", 5000000000, 500000000, 25000000000, 128000},
    {"anthropic", "claude-opus-5-5", 4000000000, 200000000, 20000000000, 128000},
    {"anthropic", "claude-sonnet-4-5", 3000000000, 300000000, 15000000000, 64000},
    {"anthropic", "claude-sonnet-4-6", 3000000000, 300000000, 15000000000, 128000},
    {"anthropic", "claude-sonnet-5", 2000000000, 200000000, 10000000000, 128000},
    {"anthropic", "claude-sonnet-5-5", 2000000000, 100000000, 10000000000, 128000},
    {"google", "gemini-2.5-flash", 300000000, 30000000, 2500000000, 65536},
    {"google", "gemini-2.5-flash-lite", 100000000, 10000000, 400000000, 65536},
    {"google", "gemini-2.5-pro", 1250000000, 125000000, 10000000000, 65536},
    {"google", "gemini-3.1-pro-preview", 2000000000, 200000000, 12000000000, 65536},
    {"google", "gemini-3.5-flash", 1500000000, 150000000, 9000000000, 65536},
    {"google", "gemini-3.5-flash-lite", 300000000, 30000000, 2500000000, 65536},
    {"google", "gemini-3.8-flash", 750000000, 75000000, 3750000000, 65536},
    {"google", "gemini-4-argon", 2000000000, 100000000, 10000000000, 32768},
    {"groq", "llama-3.1-8b-instant", 50000000, -1, 80000000, 131072},
    {"groq", "llama-3.3-70b-versatile", 590000000, -1, 790000000, 32768},
    {"groq", "openai/gpt-oss-120b", 150000000, 75000000, 600000000, 65536},
    {"groq", "openai/gpt-oss-20b", 75000000, 37500000, 300000000, 65536},
    {"mistral", "codestral-latest", 300000000, 30000000, 900000000, 4096},
    {"mistral", "ministral-8b-latest", 150000000, 15000000, 150000000, 128000},
    {"mistral", "mistral-large-latest", 500000000, 50000000, 1500000000, 262144},
    {"mistral", "mistral-medium-latest", 1500000000, 150000000, 7500000000, 262144},
    {"mistral", "mistral-small-latest", 150000000, 15000000, 600000000, 256000},
    {"deepseek", "deepseek-flash", 300000000, 6000000, 1200000000, 384000},
    {"deepseek", "deepseek-v4-pro", 1320000000, 44000000, 3960000000, 384000},
};
// clang-format on

std::span<const Entry> seed() noexcept { return kRows; }

}  // namespace plimsoll::catalogue
