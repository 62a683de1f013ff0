#include "cel/type.h"

namespace plimsoll::cel {

std::string Type::text() const {
  if (is_dyn()) return "dyn";
  std::string name(kind_name(kind_));
  if (of_.empty()) return name;
  name += '(';
  for (std::size_t i = 0; i < of_.size(); ++i) {
    if (i > 0) name += ", ";
    name += of_[i].text();
  }
  return name + ')';
}

Type join(const Type& left, const Type& right) {
  if (left == right) return left;
  if (left.is_dyn() || right.is_dyn() || left.kind() != right.kind()) return {};
  return left.kind();
}

}  // namespace plimsoll::cel
