#pragma once

#include <string>
#include <string_view>

/// The arguments of a tool's call, which are a string of JSON in one dialect and
/// an object in the other.
namespace plimsoll::dialects::anthropic {

/// Tells when the fragments of a JSON object or array have come to its end.
class ArgumentScan {
 public:
  void feed(std::string_view fragment) noexcept;
  /// True once the brackets that were opened are closed again.
  bool complete() const noexcept { return begun_ && depth_ == 0; }

 private:
  int depth_ = 0;
  bool begun_ = false, in_string_ = false, escaped_ = false;
};

/// `arguments` as a JSON object: "" means {}; what is no object stands under
/// "_raw", so that nothing is lost.
std::string input_of(const std::string& arguments);

}  // namespace plimsoll::dialects::anthropic
