#pragma once

#include <string>
#include <string_view>

namespace plimsoll::config {

/// `text` with everything that looks like a credential replaced by asterisks,
/// byte for byte, so that columns stay. Excerpts are cut from this copy only.
///
/// A credential is the value after a name that ends in key, secret, token,
/// password or authorization, unless it begins with "env:" or "file:"; and any
/// word that begins with "sk-" or "Bearer ". Works on broken YAML too.
std::string mask_secrets(std::string_view text);

}  // namespace plimsoll::config
