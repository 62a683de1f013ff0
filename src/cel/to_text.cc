// Values as text: for string(x), for format's %s, for messages, and as JSON.
#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/json.h"
#include "cel/internal/time_arithmetic.h"
#include "cel/literals.h"
#include "cel/value.h"

namespace plimsoll::cel {
namespace {

std::string real_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return fmt::format("{}", value);
}

std::string address_text(const Value& value) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(value.family() == 4 ? AF_INET : AF_INET6, value.address().data(), text.data(),
            static_cast<socklen_t>(text.size()));
  std::string written = text.data();
  if (value.is(Kind::cidr)) written += fmt::format("/{}", value.prefix());
  return written;
}

std::string list_text(const Value& value, Arena& arena) {
  std::string out = "[";
  for (const Value& item : value.items(arena)) {
    if (out.size() > 1) out += ", ";
    out += to_text(item, arena);
  }
  return out + "]";
}

/// Sorted by key, so that equal maps give equal texts.
std::string map_text(const Value& value, Arena& arena) {
  const auto entries = value.items(arena);
  std::vector<std::pair<std::string, std::string>> lines;
  for (std::size_t i = 0; i + 1 < entries.size(); i += 2)
    lines.emplace_back(to_text(entries[i], arena), to_text(entries[i + 1], arena));
  std::ranges::sort(lines);
  std::string out = "{";
  for (const auto& [key, text] : lines) {
    if (out.size() > 1) out += ", ";
    out += key + ": " + text;
  }
  return out + "}";
}

void json_items(std::string& out, const Value& value, Arena& arena) {
  const auto items = value.items(arena);
  const bool map = value.is(Kind::map);
  out += map ? '{' : '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += map && i % 2 == 1 ? ':' : ',';
    if (map && i % 2 == 0)
      json::append_string(out, to_text(items[i], arena));
    else
      out += to_json(items[i], arena);
  }
  out += map ? '}' : ']';
}

}  // namespace

std::string to_text(const Value& value, Arena& arena) {
  switch (value.kind()) {
    case Kind::null: return "null";
    case Kind::boolean: return value.as_boolean() ? "true" : "false";
    case Kind::integer: return fmt::format("{}", value.as_integer());
    case Kind::uinteger: return fmt::format("{}", value.as_uinteger());
    case Kind::real: return real_text(value.as_real());
    case Kind::error:
    case Kind::type:
    case Kind::bytes:
    case Kind::string: return std::string(value.text());
    case Kind::list: return list_text(value, arena);
    case Kind::map: return map_text(value, arena);
    case Kind::timestamp: return instant_text(value.instant());
    case Kind::duration: return duration_text(value.as_integer());
    case Kind::optional: return value.inner() == nullptr ? "none" : to_text(*value.inner(), arena);
    case Kind::ip:
    case Kind::cidr: return address_text(value);
  }
  return {};
}

std::string to_json(const Value& value, Arena& arena) {
  switch (value.kind()) {
    case Kind::null:
    case Kind::boolean:
    case Kind::integer:
    case Kind::uinteger: return to_text(value, arena);
    case Kind::real:
      if (std::isfinite(value.as_real())) return to_text(value, arena);
      break;
    case Kind::optional: return value.inner() == nullptr ? "null" : to_json(*value.inner(), arena);
    case Kind::list:
    case Kind::map: {
      std::string out;
      json_items(out, value, arena);
      return out;
    }
    default: break;
  }
  return json::quoted(to_text(value, arena));
}

}  // namespace plimsoll::cel
