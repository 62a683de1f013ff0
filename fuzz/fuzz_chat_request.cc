// Goal: no request body can break the decoder, and what we send upstream is the
// client's request with nothing but our edits.
// Method: what is accepted is edited, decoded again and compared; the parser and
// the scanner behind the error messages must agree on what is JSON.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/json.h"
#include "base/json_fault.h"
#include "dialects/openai_chat/openai_chat.h"

namespace {

using namespace plimsoll;
namespace chat = dialects::openai_chat;

void require(bool truth) {
  if (!truth) std::abort();
}

void count(void* self, const json::RawMember&) { ++*static_cast<std::size_t*>(self); }

void check_reader(std::string_view text) {
  json::Document document;
  const auto root = document.parse(text);
  const json::Fault fault = json::find_fault(text);
  require(root.has_value() == fault.reason.empty());
  require(fault.at <= text.size());
  if (!root) return;
  std::size_t members = 0;
  const auto object = root->as_object();
  require(json::for_each_raw_member(text, count, &members) == object.has_value());
  if (object) require(members == object->size());
  json::Document again;
  require(again.parse(root->dump()).has_value());
}

void check_edits(const Request& request) {
  const chat::CallEdits edits{.model = "up/\"model\"", .output_tokens_max = 7};
  const std::string sent = chat::encode_call(request, edits);
  const auto again = chat::decode_call(sent);
  require(again.has_value());
  require((*again)->model == edits.model);
  require((*again)->stream == request.stream);
  require((*again)->messages == request.messages);
  require((*again)->tools == request.tools);
  require((*again)->choices == request.choices);
  require((*again)->text_bytes == request.text_bytes);
  require((*again)->output_tokens_max.value() <= 7);
  if (request.stream) require((*again)->usage_asked);
  require(chat::encode_call(**again, edits) == sent);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  check_reader(body);
  const auto request = chat::decode_call(body);
  if (!request) {
    require(!request.error().what.empty() && !request.error().hint.empty());
    return 0;
  }
  require((*request)->body == body);
  check_edits(**request);
  return 0;
}
