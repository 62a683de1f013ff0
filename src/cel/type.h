#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cel/value.h"

namespace plimsoll::cel {

/// What is known of a value before it is there. `dyn` fits everything; a list, a
/// map or an optional may say what it holds.
class Type {
 public:
  Type() = default;                               // dyn
  Type(Kind kind) : known_(true), kind_(kind) {}  // NOLINT(google-explicit-constructor)
  static Type dyn() { return {}; }
  static Type list(Type element) { return {Kind::list, {std::move(element)}}; }
  static Type map(Type key, Type value) { return {Kind::map, {std::move(key), std::move(value)}}; }
  static Type optional(Type inner) { return {Kind::optional, {std::move(inner)}}; }

  bool is_dyn() const noexcept { return !known_; }
  bool is(Kind kind) const noexcept { return known_ && kind_ == kind; }
  /// Whether a value of this type may turn out to be of `kind`.
  bool may_be(Kind kind) const noexcept { return !known_ || kind_ == kind; }
  Kind kind() const noexcept { return kind_; }  // meaning only when not dyn

  Type element() const { return of_.empty() ? Type() : of_.back(); }  // list, map's value
  Type key() const { return of_.size() == 2 ? of_.front() : Type(); }

  /// "int", "list(string)", "dyn".
  std::string text() const;
  bool operator==(const Type&) const = default;

 private:
  Type(Kind kind, std::vector<Type> of) : known_(true), kind_(kind), of_(std::move(of)) {}

  bool known_ = false;
  Kind kind_ = Kind::null;
  std::vector<Type> of_;
};

/// The type of what is either: the common one, else dyn.
Type join(const Type& left, const Type& right);

}  // namespace plimsoll::cel
