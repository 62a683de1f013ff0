#pragma once

#include <cstddef>
#include <span>

/// The files of src/tokens/data, linked into the program as they are: read-only,
/// shared between processes, and in memory only where they were touched.
namespace plimsoll::tokens {

std::span<const std::byte> packed_o200k_base() noexcept;
std::span<const std::byte> packed_cl100k_base() noexcept;
std::span<const std::byte> packed_classes() noexcept;

}  // namespace plimsoll::tokens
