// Addresses and networks: ip("10.0.0.1"), cidr("10.0.0.0/8").
#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>

#include "cel/internal/context.h"

namespace plimsoll::cel {
namespace {

using Address = std::array<std::uint8_t, 16>;

bool is_mapped(const Address& address) noexcept {
  static constexpr Address kPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return std::memcmp(address.data(), kPrefix.data(), 12) == 0;
}

/// An address as written; an error when it is none. An IPv4 address in an IPv6 one is
/// the IPv4 address, but its mixed spelling is refused: two spellings of one thing
/// slip through lists.
Value read_ip(Context& context, std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return context.error(fmt::format("IP Address {:?} parse error: {}", text, why));
  };
  if (text.size() > 45) return refuse("too long");
  if (text.find('%') != std::string_view::npos) return refuse("with zone value is not allowed");
  const bool six = text.find(':') != std::string_view::npos;
  if (six && text.find('.') != std::string_view::npos)
    return refuse("IPv4-mapped IPv6 address is not allowed");
  Address address{};
  const std::string written(text);
  if (inet_pton(six ? AF_INET6 : AF_INET, written.c_str(), address.data()) != 1)
    return refuse("no address");
  if (!six || !is_mapped(address)) return Value::ip(address, six ? 6 : 4);
  Address inner{};
  std::memcpy(inner.data(), address.data() + 12, 4);
  return Value::ip(inner, 4);
}

Value read_cidr(Context& context, std::string_view text) {
  const auto slash = text.find('/');
  unsigned prefix = 0;
  const std::string_view digits = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (digits.empty() || read.ptr != digits.data() + digits.size())
    return context.error(fmt::format("CIDR {:?}: network address parse error", text));
  const Value address = read_ip(context, text.substr(0, slash));
  if (address.is_error()) return address;
  if (prefix > (address.family() == 4 ? 32U : 128U))
    return context.error(fmt::format("CIDR {:?}: the prefix is too long", text));
  return Value::cidr(address.address(), address.family(), prefix);
}

Address masked(const Address& address, unsigned prefix) noexcept {
  Address made = address;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = prefix > i * 8 ? std::min(8U, prefix - i * 8) : 0;
    made[i] = static_cast<std::uint8_t>(made[i] & (0xFF00U >> kept));
  }
  return made;
}

bool contains(const Value& net, const Value& inside, unsigned prefix) noexcept {
  return net.family() == inside.family() && prefix >= net.prefix() &&
         masked(net.address(), net.prefix()) == masked(inside.address(), net.prefix());
}

Value ip_of(Context& context, const Value* a) { return read_ip(context, a[0].text()); }
Value cidr_of(Context& context, const Value* a) { return read_cidr(context, a[0].text()); }
Value is_ip(Context& context, const Value* a) {
  return Value::boolean(!read_ip(context, a[0].text()).is_error());
}
Value is_cidr(Context& context, const Value* a) {
  return Value::boolean(!read_cidr(context, a[0].text()).is_error());
}
Value is_canonical(Context& context, const Value* a) {
  const Value address = read_ip(context, a[0].text());
  if (address.is_error()) return address;
  return Value::boolean(to_text(address, context.arena) == a[0].text());
}
Value family(Context&, const Value* a) { return Value::integer(a[0].family()); }

bool is_zero(const Value& ip, unsigned from, unsigned to) noexcept {
  for (unsigned i = from; i < to; ++i)
    if (ip.address()[i] != 0) return false;
  return true;
}
bool loopback(const Value& ip) noexcept {
  if (ip.family() == 4) return ip.address()[0] == 127;
  return is_zero(ip, 0, 15) && ip.address()[15] == 1;
}
bool multicast(const Value& ip) noexcept {
  return ip.family() == 4 ? (ip.address()[0] & 0xF0U) == 0xE0 : ip.address()[0] == 0xFF;
}
bool local_multicast(const Value& ip) noexcept {
  const Address& a = ip.address();
  if (ip.family() == 4) return a[0] == 224 && a[1] == 0 && a[2] == 0;
  return a[0] == 0xFF && (a[1] & 0x0FU) == 2;
}
bool local_unicast(const Value& ip) noexcept {
  const Address& a = ip.address();
  if (ip.family() == 4) return a[0] == 169 && a[1] == 254;
  return a[0] == 0xFE && (a[1] & 0xC0U) == 0x80;
}
bool broadcast(const Value& ip) noexcept {
  static constexpr Address kAll = {255, 255, 255, 255};
  return ip.family() == 4 && ip.address() == kAll;
}
bool unspecified(const Value& ip) noexcept { return is_zero(ip, 0, 16); }
bool global_unicast(const Value& ip) noexcept {
  return !unspecified(ip) && !loopback(ip) && !multicast(ip) && !local_unicast(ip) &&
         !broadcast(ip);
}
template <bool (*Test)(const Value&)>
Value asked(Context&, const Value* a) {
  return Value::boolean(Test(a[0]));
}

Value contains_ip(Context&, const Value* a) {
  return Value::boolean(contains(a[0], a[1], a[1].family() == 4 ? 32 : 128));
}
Value contains_ip_text(Context& context, const Value* a) {
  const Value ip = read_ip(context, a[1].text());
  if (ip.is_error()) return ip;
  return Value::boolean(contains(a[0], ip, ip.family() == 4 ? 32 : 128));
}
Value contains_cidr(Context&, const Value* a) {
  return Value::boolean(contains(a[0], a[1], a[1].prefix()));
}
Value contains_cidr_text(Context& context, const Value* a) {
  const Value net = read_cidr(context, a[1].text());
  if (net.is_error()) return net;
  return Value::boolean(contains(a[0], net, net.prefix()));
}
Value base_of(Context&, const Value* a) { return Value::ip(a[0].address(), a[0].family()); }
Value masked_of(Context&, const Value* a) {
  return Value::cidr(masked(a[0].address(), a[0].prefix()), a[0].family(), a[0].prefix());
}
Value prefix_length(Context&, const Value* a) { return Value::integer(a[0].prefix()); }

constexpr Overload kRows[] = {
    {"ip", "s", 'P', false, ip_of},
    {"cidr", "s", 'C', false, cidr_of},
    {"isIP", "s", 'b', false, is_ip},
    {"isCIDR", "s", 'b', false, is_cidr},
    {"ip.isCanonical", "s", 'b', false, is_canonical},
    {"family", "P", 'i', true, family},
    {"isUnspecified", "P", 'b', true, asked<unspecified>},
    {"isLoopback", "P", 'b', true, asked<loopback>},
    {"isGlobalUnicast", "P", 'b', true, asked<global_unicast>},
    {"isLinkLocalMulticast", "P", 'b', true, asked<local_multicast>},
    {"isLinkLocalUnicast", "P", 'b', true, asked<local_unicast>},
    {"containsIP", "CP", 'b', true, contains_ip},
    {"containsIP", "Cs", 'b', true, contains_ip_text},
    {"containsCIDR", "CC", 'b', true, contains_cidr},
    {"containsCIDR", "Cs", 'b', true, contains_cidr_text},
    {"ip", "C", 'P', true, base_of},
    {"masked", "C", 'C', true, masked_of},
    {"prefixLength", "C", 'i', true, prefix_length},
};

}  // namespace

std::span<const Overload> network_functions() { return kRows; }

}  // namespace plimsoll::cel
