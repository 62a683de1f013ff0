#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checks/schema/json_stream.h"
#include "checks/schema/marks.h"
#include "checks/schema/program.h"
#include "model/verdict.h"

namespace plimsoll::checks::schema {

/// Holds a JSON text that arrives in pieces to a program: every value that is open
/// has its watches, one for each schema it must fit. A watch that sees its schema
/// broken takes the schema around it along, or one of several forms; when the
/// whole schema is broken the text is refused. What a watch cannot see while the
/// text is incomplete it lets pass.
class Watches final : public JsonListener {
 public:
  /// `program` must outlive this.
  explicit Watches(const Program& program) : program_(program) {}

  bool value_begins(char first) override;
  bool string_grows(std::string_view so_far) override;
  bool string_ends(std::string_view all, bool certain) override;
  bool number_ends(std::string_view token) override;
  bool key_begins() override;
  bool key_grows(std::string_view so_far) override;
  bool key_ends(std::string_view all, bool certain) override;
  bool container_ends() override;

  bool refused() const noexcept { return refused_; }
  /// What refused it; `found` is what had been read of the value.
  Violation violation(std::string_view found) const;

 private:
  enum class Cause : std::uint8_t {
    kind,
    value,
    length,
    pattern,
    format,
    bound,
    most,
    least,
    names,
    missing
  };
  /// One schema that a value must fit; or, as a choice, several of which one must.
  struct Watch {
    BlockId block = kAccept;
    std::uint32_t up = kNone;  // whose failure follows from this one's
    std::uint32_t forms = 0;   // of a choice: how many may still fit
    bool choice = false;
    bool broken = false;
    std::size_t next = 0;  // the property expected
    Marks seen;            // required members
  };
  /// A value that is open.
  struct Level {
    std::size_t first = 0;  // of its watches
    bool object = false;
    std::size_t count = 0;  // items or members begun
    std::string key;
  };
  using Child = std::pair<BlockId, std::uint32_t>;  // a schema, and the watch it came from

  void watch(BlockId block, std::uint32_t up, int depth);
  void watch_in_place(const Instruction& code, std::uint32_t up, int depth);
  void watch_forms(const BlockId* forms, std::size_t count, std::uint32_t up, int depth);
  void children_of_item(std::size_t index);
  void broken(std::uint32_t watch, Cause cause, const Instruction* code = nullptr);
  bool check_begin(std::uint32_t watch, char first);
  void check_string(std::uint32_t watch, std::string_view text);
  void check_number(std::uint32_t watch, std::string_view token);
  void check_end(std::uint32_t watch, const Level& level);
  void member_of(std::uint32_t watch, std::string_view name);
  void leave();

  template <class Visit>
  void each_instruction(std::uint32_t watch, Part part, const Visit& visit);
  template <class Visit>
  void each_watch(const Visit& visit);

  const Program& program_;
  std::vector<Watch> watches_;
  std::vector<Level> levels_;
  std::size_t depth_ = 0;  // levels in use; the others keep their memory
  std::vector<Child> children_;
  std::size_t scalar_first_ = 0;
  bool lost_ = false;  // too deep or too many: we only read on
  bool refused_ = false;
  Cause cause_ = Cause::kind;
  BlockId cause_block_ = kAccept;
  const Instruction* cause_code_ = nullptr;
  std::string where_;
};

}  // namespace plimsoll::checks::schema
