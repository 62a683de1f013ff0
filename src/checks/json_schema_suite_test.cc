// Goal: the validator judges as the official test suite says.
// Method: every case of JSON-Schema-Test-Suite, with its remote documents given as
// a map; what fits must also pass as a stream. Required cases must all agree; optional ones are
// counted and printed. Skipped with a word when the suite is not there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "checks/json_schema.h"
#include "checks/prefix_validator.h"

namespace plimsoll::checks {
namespace {

namespace fs = std::filesystem;

fs::path suite() {
  const char* shared = std::getenv("PLIMSOLL_SHARED");
  const fs::path root = shared != nullptr ? shared : fs::path(PLIMSOLL_SOURCE_DIR) / "../shared";
  return root / "data/json-schema-test-suite";
}

std::string read(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

JsonSchema::Documents remotes() {
  JsonSchema::Documents documents;
  const fs::path root = suite() / "remotes";
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.path().extension() == ".json")
      documents["http://localhost:1234/" + fs::relative(entry.path(), root).string()] =
          read(entry.path());
  return documents;
}

struct Count {
  int agree = 0, differ = 0;
  std::string differences;
};

/// The items of a JSON array as they stand in the text: a number must reach the
/// validator as it was written.
std::vector<std::string_view> items_of(std::string_view array) {
  std::vector<std::string_view> items;
  int depth = 0;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const char c = array[i];
    if (c == '"') quoted = !quoted;
    if (quoted) {
      if (c == '\\') ++i;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (depth == 2 && begin == 0) begin = i;
    if ((c == '}' || c == ']') && --depth == 1) {
      items.push_back(array.substr(begin, i + 1 - begin));
      begin = 0;
    }
  }
  return items;
}

std::string member(std::string_view object, std::string_view wanted) {
  struct Search {
    std::string_view text, wanted;
    std::string found;
  } search{object, wanted, {}};
  json::for_each_raw_member(
      object,
      [](void* self, const json::RawMember& one) {
        auto& hunt = *static_cast<Search*>(self);
        if (one.key == hunt.wanted)
          hunt.found = hunt.text.substr(one.value.begin, one.value.end - one.value.begin);
      },
      &search);
  return search.found;
}

void run_case(const std::string& schema_text, std::string_view test,
              const JsonSchema::Options& options, const std::string& group, Count& count) {
  const std::string name = group + ": " + member(test, "description");
  const bool wanted = member(test, "valid") == "true";
  const auto schema = JsonSchema::compile(schema_text, options);
  if (!schema) {
    ++count.differ;
    count.differences += name + ": " + schema.error().what + "\n";
    return;
  }
  const std::string text = member(test, "data");
  json::Document document;
  const auto value = document.parse(text);
  const auto judgement = schema->judge(*value, text);
  const bool fits = judgement.outcome == JsonSchema::Outcome::fits;
  const bool told = !judgement.violations.empty();
  PrefixValidator prefix(*schema);
  if (fits && !(prefix.feed(text) && prefix.finish())) {
    ++count.differ;
    count.differences += name + ": refused as a prefix\n";
    return;
  }
  if (fits == wanted && told == !fits && judgement.outcome != JsonSchema::Outcome::undecided) {
    ++count.agree;
    return;
  }
  ++count.differ;
  count.differences +=
      name + (wanted ? ": refused" : ": taken") + (told == !fits ? "" : " untold") + "\n";
}

void run_file(const fs::path& path, const JsonSchema::Options& options, Count& count) {
  const std::string text = read(path);
  for (const std::string_view group : items_of(text)) {
    const std::string name = path.filename().string() + ": " + member(group, "description");
    for (const std::string_view test : items_of(member(group, "tests")))
      run_case(member(group, "schema"), test, options, name, count);
  }
}

Count run_folder(const std::string& folder, const JsonSchema::Options& options) {
  Count count;
  for (const auto& entry : fs::directory_iterator(suite() / "tests" / folder))
    if (entry.path().extension() == ".json") run_file(entry.path(), options, count);
  return count;
}

class JsonSchemaSuiteTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(suite() / "tests"))
      GTEST_SKIP() << "JSON-Schema-Test-Suite is not at " << suite();
    documents_ = remotes();
    options_.author = JsonSchema::Author::client;
    options_.documents = &documents_;
  }

  void expect_all(const std::string& folder, int cases) {
    const Count count = run_folder(folder, options_);
    std::printf("%s: %d of %d agree\n", folder.c_str(), count.agree, count.agree + count.differ);
    EXPECT_EQ(count.differ, 0) << count.differences;
    EXPECT_EQ(count.agree, cases);
  }

  void print_optional(const std::string& folder, int least) {
    const Count count = run_folder(folder, options_);
    std::printf("%s: %d of %d agree\n%s", folder.c_str(), count.agree, count.agree + count.differ,
                count.differences.c_str());
    EXPECT_GE(count.agree, least);
  }

  JsonSchema::Documents documents_;
  JsonSchema::Options options_;
};

TEST_F(JsonSchemaSuiteTest, every_required_case_of_2020_12) { expect_all("draft2020-12", 1'299); }

TEST_F(JsonSchemaSuiteTest, every_required_case_of_draft_07) {
  options_.draft = JsonSchema::Draft::draft7;
  expect_all("draft7", 927);
}

TEST_F(JsonSchemaSuiteTest, every_required_case_of_2019_09) {
  options_.draft = JsonSchema::Draft::draft2019_09;
  expect_all("draft2019-09", 1'259);
}

TEST_F(JsonSchemaSuiteTest, optional_cases_are_counted) {
  print_optional("draft2020-12/optional", 0);
  options_.draft = JsonSchema::Draft::draft7;
  print_optional("draft7/optional", 0);
}

TEST_F(JsonSchemaSuiteTest, formats_are_counted) {
  options_.formats = JsonSchema::Formats::check;
  print_optional("draft2020-12/optional/format", 0);
  options_.draft = JsonSchema::Draft::draft7;
  print_optional("draft7/optional/format", 0);
}

}  // namespace
}  // namespace plimsoll::checks
