#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "tokens/encoder.h"

namespace plimsoll::tokens {

/// Remembers what texts counted, because a chat sends its history again with
/// every turn. Holds at most kEntries; a newer text may take an older one's place.
/// One per thread.
class TextCounts {
 public:
  static constexpr std::size_t kEntries = 4096;
  /// A shorter text is counted as fast as it is looked up.
  static constexpr std::size_t kTextBytesMin = 64;

  /// This thread's own.
  static TextCounts& of_this_thread();

  std::optional<std::size_t> find(std::string_view text, Encoding encoding) const;
  void keep(std::string_view text, Encoding encoding, std::size_t tokens);

 private:
  struct Entry {
    std::uint64_t high = 0, low = 0;  // of the hash; both 0: nothing here
    std::uint32_t tokens = 0;
  };
  TextCounts();

  std::uint64_t seed_;
  std::unique_ptr<Entry[]> entries_;
};

}  // namespace plimsoll::tokens
