// Goal: no bytes from an upstream break the head reader, and what it accepts
// holds no ambiguity, and llhttp sees the same in it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "llhttp_oracle.h"
#include "net/internal/response_head.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plimsoll::net;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t head_size = response_head_size(bytes);
  for (std::size_t cut = 0; cut < std::min<std::size_t>(size, 64); ++cut) {
    // Searching again from where the last search stopped finds the same end.
    if (response_head_size(bytes.substr(0, cut)) == 0 &&
        response_head_size(bytes, cut) != head_size) {
      std::abort();
    }
  }
  const std::string_view head = bytes.substr(0, head_size == 0 ? size : head_size);
  ParsedResponseHead out;
  for (const AnswerTo answer_to : {AnswerTo::other, AnswerTo::head, AnswerTo::connect}) {
    if (!parse_response_head(head, answer_to, out)) continue;
    if (out.status < 100 || out.status > 599) std::abort();
    for (const HeaderView& field : out.headers) {
      const bool inside = field.name.data() >= head.data() &&
                          field.name.data() + field.name.size() <= head.data() + head.size();
      if (!inside || field.name.empty()) std::abort();
      if (field.value.find_first_of("\r\n") != std::string_view::npos) std::abort();
    }
    const bool has_both = out.headers.get("content-length") && out.headers.get("transfer-encoding");
    if (has_both) std::abort();
    const auto theirs = plimsoll::fuzz::heard_by_llhttp(HTTP_RESPONSE, head);
    if (!theirs.accepted || theirs.status != out.status) std::abort();
    plimsoll::fuzz::expect_same_fields(out.headers, theirs.fields);
  }
  return 0;
}
