#include "dialects/call_id.h"

namespace plimsoll::dialects {
namespace {

constexpr std::string_view kMark = "__thought__";

}  // namespace

std::string id_with_signature(std::string_view id, std::string_view signature) {
  std::string out(id);
  if (!signature.empty()) out.append(kMark).append(signature);
  return out;
}

CallId split_id(std::string_view id) noexcept {
  const std::size_t mark = id.find(kMark);
  if (mark == std::string_view::npos) return {.id = id, .signature = {}};
  return {.id = id.substr(0, mark), .signature = id.substr(mark + kMark.size())};
}

}  // namespace plimsoll::dialects
