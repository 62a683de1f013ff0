#include "dialects/request_fields.h"

#include <fmt/format.h>

#include <unordered_map>

namespace plimsoll::dialects {
namespace {

constexpr std::string_view kNameOne =
    "name a feature, a models entry or provider/model in \"model\"";

}  // namespace

std::unexpected<Error> wrong_type(std::string_view key, const json::Value& value,
                                  std::string_view expected) {
  return fail(ErrorKind::request_invalid,
              fmt::format("\"{}\" is {}, but must be {}", key, name_of(value.kind()), expected),
              fmt::format("send \"{}\" as {}", key, expected));
}

Result<void> refuse_duplicates(const std::vector<Field>& fields) {
  constexpr std::size_t kFew = 32;  // a table would cost more than it saves
  const auto twice = [](const Field& first, const Field& second) {
    return fail(ErrorKind::request_invalid,
                fmt::format("the key {} stands twice, at bytes {} and {}", json::quoted(second.key),
                            first.whole.begin, second.whole.begin),
                "keep one of the two");
  };
  if (fields.size() <= kFew) {
    for (std::size_t i = 1; i < fields.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (fields[j].key == fields[i].key) return twice(fields[j], fields[i]);
    return {};
  }
  std::unordered_map<std::string_view, const Field*> seen;
  for (const Field& field : fields) {
    const auto [first, is_new] = seen.emplace(field.key, &field);
    if (!is_new) return twice(*first->second, field);
  }
  return {};
}

Result<void> read_model(const Field& field, Request& to) {
  const auto model = field.value.as_string();
  if (!model) return wrong_type("model", field.value, "a string");
  if (model->empty())
    return fail(ErrorKind::request_invalid, "\"model\" is an empty string", std::string(kNameOne));
  to.model = *model;
  to.model_value = field.place;
  return {};
}

std::unexpected<Error> missing_model() {
  return fail(ErrorKind::request_invalid, "\"model\" is missing", std::string(kNameOne));
}

}  // namespace plimsoll::dialects
