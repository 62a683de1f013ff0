#pragma once

#include <expected>
#include <string_view>

#include "cel/ast.h"
#include "cel/fault.h"

namespace plimsoll::cel {

/// Bounds of an expression, so that none can exhaust the stack or the memory.
inline constexpr std::size_t kSourceBytesMax = 64 * 1024;
inline constexpr std::size_t kNodesMax = 8192;
inline constexpr std::size_t kDepthMax = 200;

/// Reads one expression (the grammar of the language definition of CEL, with
/// optional selections and quoted names). Pure.
std::expected<Ast, Fault> parse(std::string_view source);

}  // namespace plimsoll::cel
