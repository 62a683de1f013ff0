// Goal: no chunked body breaks the decoder, none grows past its limit, and the
// result does not depend on how the bytes were cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/internal/chunk_decoder.h"

namespace {

using namespace plimsoll::net;

constexpr std::uint64_t kBodyBytesMax = 1'024;

struct Outcome {
  ChunkDecoder::Verdict verdict = ChunkDecoder::Verdict::needs_more;
  std::string body;
  std::size_t left = 0;
  std::string_view refusal;
};

Outcome decode(std::string_view bytes, std::size_t step) {
  ChunkDecoder decoder(kBodyBytesMax);
  Outcome outcome;
  while (!bytes.empty() && outcome.verdict == ChunkDecoder::Verdict::needs_more) {
    std::string_view part = bytes.substr(0, step);
    const std::size_t before = part.size();
    outcome.verdict = decoder.feed(part, outcome.body);
    bytes.remove_prefix(before - part.size());
  }
  outcome.left = bytes.size();
  outcome.refusal = decoder.refusal().what;
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = decode(bytes, size + 1);
  if (whole.body.size() > kBodyBytesMax) std::abort();
  for (const std::size_t step : {1U, 2U, 7U}) {
    const Outcome cut = decode(bytes, step);
    if (cut.verdict != whole.verdict || cut.body != whole.body) std::abort();
    const bool complete = whole.verdict == ChunkDecoder::Verdict::complete;
    if (complete && cut.left != whole.left) std::abort();
  }
  return 0;
}
