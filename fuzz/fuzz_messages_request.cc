// Goal: no request body can break the readers of either dialect, what is written
// for the other one can be read there, and between equals only our edits change.
// Method: the first byte picks the client's dialect.
#include <cstdint>
#include <cstdlib>

#include "dialects/codec.h"

namespace {

using namespace plimsoll;

void require(bool truth) {
  if (!truth) std::abort();
}

void check_same_dialect(const dialects::Codec& codec, const Request& request) {
  const auto again =
      codec.decode_call(codec.encode_call(request, {.model = "up/\"m", .output_tokens_max = 7}));
  require(again.has_value());
  require((*again)->model == "up/\"m");
  require((*again)->messages == request.messages && (*again)->tools == request.tools);
  require((*again)->stream == request.stream);
  require((*again)->output_tokens_max.value_or(8) <= 7);
}

void check_other_dialect(const dialects::Codec& to, const Request& request) {
  std::vector<std::string> dropped;
  const auto body = dialects::body_for(to, request, {.model = "m"}, dropped);
  if (!body) return;
  const auto read = to.decode_call(*body);
  // A history without a word in it has no message there; that is the provider's
  // to refuse. Everything else must be readable.
  if (!read) return require(body->find(R"("messages":[])") != std::string::npos);
  require((*read)->stream == request.stream);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool chat = data[0] % 2 == 0;
  const auto& from = dialects::codec_of(chat ? Dialect::openai_chat : Dialect::anthropic);
  const auto& to = dialects::codec_of(chat ? Dialect::anthropic : Dialect::openai_chat);
  const auto request =
      from.decode_call(std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  if (!request) return 0;
  if (!chat) check_same_dialect(from, **request);
  check_other_dialect(to, **request);
  return 0;
}
