#include "tokens/packed.h"

// PLIMSOLL_TOKENS_DATA is the folder of the files, quoted; cmake/rooms.cmake
// sets it, and builds this again when a file has changed.
#define PLIMSOLL_PACK(name, file)                                                           \
  asm(".section .rodata." #name ",\"a\"\n.balign 64\n.global plimsoll_" #name               \
      "_begin\nplimsoll_" #name "_begin:\n.incbin \"" PLIMSOLL_TOKENS_DATA "/" file         \
      "\"\n.global plimsoll_" #name "_end\nplimsoll_" #name "_end:\n.byte 0\n.previous\n"); \
  extern "C" const std::byte plimsoll_##name##_begin[], plimsoll_##name##_end[]

PLIMSOLL_PACK(o200k_base, "o200k_base.ranks");
PLIMSOLL_PACK(cl100k_base, "cl100k_base.ranks");
PLIMSOLL_PACK(classes, "classes.bin");

namespace plimsoll::tokens {

std::span<const std::byte> packed_o200k_base() noexcept {
  return {plimsoll_o200k_base_begin, plimsoll_o200k_base_end};
}
std::span<const std::byte> packed_cl100k_base() noexcept {
  return {plimsoll_cl100k_base_begin, plimsoll_cl100k_base_end};
}
std::span<const std::byte> packed_classes() noexcept {
  return {plimsoll_classes_begin, plimsoll_classes_end};
}

}  // namespace plimsoll::tokens
