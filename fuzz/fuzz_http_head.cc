// Goal: no bytes from a client break the head check or the parser; the verdict
// does not depend on how they were cut; what passes holds no ambiguity, and llhttp
// sees the same in it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "llhttp_oracle.h"
#include "net/internal/head_scan.h"
#include "net/internal/request_parser.h"

namespace {

using namespace plimsoll::net;

constexpr HeadLimits kLimits{.bytes_max = 4'096, .fields_max = 16};

void check_parsed(std::string_view head_bytes) {
  RequestHead head;
  Framing framing;
  if (parse_request(head_bytes, head, framing)) return;
  std::size_t hosts = 0, lengths = 0, encodings = 0;
  for (const HeaderView& field : head.headers) {
    if (field.name.empty()) std::abort();
    if (field.value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      std::abort();
    }
    hosts += same_name(field.name, "host") ? 1 : 0;
    lengths += same_name(field.name, "content-length") ? 1 : 0;
    encodings += same_name(field.name, "transfer-encoding") ? 1 : 0;
  }
  if (hosts > 1 || lengths + encodings > 1 || framing.chunked != (encodings == 1)) std::abort();
  if (!framing.http_1_0 && hosts != 1) std::abort();
  if (head.target.empty() || !head.target.starts_with(head.path)) std::abort();
  const auto theirs = plimsoll::fuzz::heard_by_llhttp(HTTP_REQUEST, head_bytes);
  if (!theirs.accepted || !theirs.url.ends_with(head.target)) std::abort();
  plimsoll::fuzz::expect_same_fields(head.headers, theirs.fields);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HeadScan whole(kLimits);
  const auto verdict = whole.look(bytes);

  HeadScan pieces(kLimits);
  auto in_pieces = HeadScan::Verdict::needs_more;
  for (std::size_t end = 1; end <= size && in_pieces == HeadScan::Verdict::needs_more; ++end) {
    in_pieces = pieces.look(bytes.substr(0, end));
  }
  if (in_pieces != verdict) std::abort();
  if (verdict == HeadScan::Verdict::refused && whole.refusal().what != pieces.refusal().what) {
    std::abort();
  }
  if (verdict != HeadScan::Verdict::complete) return 0;
  if (whole.begin() != pieces.begin() || whole.end() != pieces.end()) std::abort();
  check_parsed(bytes.substr(whole.begin(), whole.end() - whole.begin()));
  return 0;
}
