#include "checks/schema/uri.h"

#include <algorithm>

namespace plimsoll::checks::schema {
namespace {

struct Parts {
  std::string_view scheme, authority, path, query;  // with ":", "//" and "?"
};

Parts split(std::string_view uri) {
  Parts parts;
  const auto colon = uri.find(':');
  if (colon != std::string_view::npos && colon > 0 &&
      uri.substr(0, colon).find_first_of("/?#") == std::string_view::npos) {
    parts.scheme = uri.substr(0, colon + 1);
    uri.remove_prefix(colon + 1);
  }
  if (uri.starts_with("//")) {
    const auto end = std::min(uri.find_first_of("/?", 2), uri.size());
    parts.authority = uri.substr(0, end);
    uri.remove_prefix(end);
  }
  const auto mark = std::min(uri.find('?'), uri.size());
  parts.path = uri.substr(0, mark);
  parts.query = uri.substr(mark);
  return parts;
}

std::string without_dots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    if (segment == "/." || segment == ".") {
      if (path.empty()) out += '/';
    } else if (segment == "/.." || segment == "..") {
      out.erase(std::min(out.rfind('/'), out.size()));
      if (path.empty()) out += '/';
    } else {
      out += segment;
    }
  }
  return out;
}

std::string merged(const Parts& base, std::string_view path) {
  if (!base.authority.empty() && base.path.empty()) return "/" + std::string(path);
  const auto slash = base.path.rfind('/');
  return std::string(base.path.substr(0, slash == std::string_view::npos ? 0 : slash + 1))
      .append(path);
}

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const int low = c | 0x20;
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    out += escaped ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    if (escaped) i += 2;
  }
  return out;
}

std::string joined(const Parts& base, const Parts& given) {
  if (!given.scheme.empty())
    return std::string(given.scheme).append(given.authority) + without_dots(given.path) +
           std::string(given.query);
  std::string out(base.scheme);
  if (!given.authority.empty())
    return out.append(given.authority) + without_dots(given.path) + std::string(given.query);
  out += base.authority;
  if (given.path.empty())
    return out.append(base.path).append(given.query.empty() ? base.query : given.query);
  const bool rooted = given.path.starts_with('/');
  return out + without_dots(rooted ? std::string(given.path) : merged(base, given.path)) +
         std::string(given.query);
}

}  // namespace

ResolvedUri resolve_uri(std::string_view base, std::string_view reference) {
  const auto hash = reference.find('#');
  const std::string_view fragment =
      hash == std::string_view::npos ? std::string_view() : reference.substr(hash + 1);
  const std::string_view rest = reference.substr(0, hash);
  // An opaque base (a URN) has nothing to be joined with.
  if (rest.empty()) return {std::string(base), percent_decoded(fragment)};
  // A path like "urn:x:y" must not lose its form to the removal of dots.
  return {joined(split(base), split(rest)), percent_decoded(fragment)};
}

}  // namespace plimsoll::checks::schema
