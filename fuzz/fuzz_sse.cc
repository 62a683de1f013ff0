// Goal: no bytes can break the event-stream reader, and the same bytes give the
// same frames however they arrive.
// Method: the first byte of the input seeds the cuts of the rest; whole and cut
// readings are compared, and the frames must add up to the input.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/sse.h"

namespace {

using namespace plimsoll;

struct Seen {
  std::string raw, event, data;
  bool comment_only = false;
  bool operator==(const Seen&) const = default;
};

struct Reading {
  std::vector<Seen> frames;
  std::string rest;
  bool operator==(const Reading&) const = default;
};

void require(bool truth) {
  if (!truth) std::abort();
}

void drain(SseReader& reader, Reading& reading) {
  for (;;) {
    const auto frame = reader.next();
    require(frame.has_value());
    if (!*frame) return;
    reading.frames.push_back({std::string((*frame)->raw), std::string((*frame)->event),
                              std::string((*frame)->data), (*frame)->comment_only});
  }
}

/// Pieces of 1 to `most` bytes; all at once for 0.
Reading read(std::string_view bytes, std::size_t most) {
  SseReader reader;
  Reading reading;
  std::size_t state = most;
  while (!bytes.empty()) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const std::size_t size = most == 0 ? bytes.size() : 1 + (state >> 33) % most;
    reader.feed(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    drain(reader, reading);
  }
  reader.end_of_input();
  drain(reader, reading);
  reading.rest = std::string(reader.rest());
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Reading whole = read(bytes, 0);
  require(read(bytes, 1) == whole);
  require(read(bytes, 1 + data[0]) == whole);
  std::string all;
  for (const Seen& frame : whole.frames) all += frame.raw;
  require(all + whole.rest == bytes);
  return 0;
}
