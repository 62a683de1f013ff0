#include "sim/performance.h"

namespace plimsoll::sim {

std::string_view to_string(End end) noexcept {
  static constexpr std::string_view kNames[] = {"finish", "close", "reset", "hang"};
  return kNames[static_cast<std::size_t>(end)];
}

void cut_after(Performance& performance, std::size_t bytes, End end) {
  performance.whole = false;
  performance.end = end;
  std::vector<Beat> kept;
  for (Beat& beat : performance.beats) {
    if (bytes == 0) break;
    if (beat.bytes.size() > bytes) beat.bytes.resize(bytes);
    bytes -= beat.bytes.size();
    kept.push_back(std::move(beat));
  }
  performance.beats = std::move(kept);
}

}  // namespace plimsoll::sim
