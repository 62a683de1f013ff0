#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/plan_file.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "catalogue/entry.h"
#include "cli/tell.h"
#include "cli/verbs.h"

namespace plimsoll::cli {
namespace {

struct Options {
  std::string part;  // of the name
  std::string vendor, file;
  std::string format = "text";
};

/// A line of the list: from the catalogue, or a model of the one-pager.
struct Row {
  std::string_view vendor, model, upstream;  // `upstream`: "" in the catalogue
  std::optional<Price> price;
  std::int64_t context = 0, output_max = 0;
  std::string_view can, since, from;
};

std::vector<Row> catalogue_rows(const Options& options) {
  std::vector<Row> rows;
  for (const catalogue::Entry& entry : catalogue::entries()) {
    if (!options.vendor.empty() && entry.vendor != options.vendor) continue;
    if (entry.model.find(options.part) == std::string_view::npos) continue;
    rows.push_back({.vendor = entry.vendor,
                    .model = entry.model,
                    .price = entry.price,
                    .context = entry.context_tokens_max,
                    .output_max = entry.output_tokens_max,
                    .can = entry.can,
                    .since = entry.since,
                    .from = entry.from});
  }
  return rows;
}

std::vector<Row> plan_rows(const Plan& plan, const Options& options) {
  std::vector<Row> rows;
  for (const ModelEntry& model : plan.models) {
    if (model.twin || model.name.find(options.part) == std::string::npos) continue;
    const Provider& provider = plan.providers[model.provider];
    const auto known = catalogue::lookup(provider.base_url, model.upstream_model);
    const bool listed = known && model.price == known->price;
    rows.push_back({.vendor = provider.name,
                    .model = model.name,
                    .upstream = model.upstream_model,
                    .price = model.price,
                    .context = known ? known->context_tokens_max : 0,
                    .output_max = model.output_tokens_max,
                    .from = listed        ? "catalogue"
                            : model.price ? "one-pager"
                                          : ""});
  }
  return rows;
}

/// Dollars per million tokens.
std::string dollars(std::optional<std::int64_t> nanos) {
  return nanos ? to_string(Money{*nanos}) : "-";
}

std::string tokens(std::int64_t count) { return count > 0 ? fmt::to_string(count) : "-"; }

void print_table(const std::vector<Row>& rows) {
  if (rows.empty()) {
    fmt::print(
        "no model that is known fits; one of your own needs a price: plimsoll explain "
        "models.*.price\n");
    return;
  }
  constexpr const char* kLine = "{:<12} {:<40} {:>9} {:>8} {:>10} {:>10} {:>10} {:>10}  {}\n";
  fmt::print(kLine, "PROVIDER", "MODEL", "CONTEXT", "OUTPUT", "$IN", "$CACHED", "$WRITE", "$OUT",
             "NOTES");
  for (const Row& row : rows) {
    const Price price = row.price.value_or(Price{});
    const auto shown = [&](std::optional<std::int64_t> nanos) {
      return row.price ? dollars(nanos) : "unknown";
    };
    std::string notes(row.upstream.empty() ? row.can : row.upstream);
    if (price.long_prompt)
      notes += fmt::format(" (above {} tokens: in {}, out {})", price.long_prompt->above,
                           dollars(price.long_prompt->input), dollars(price.long_prompt->output));
    fmt::print(kLine, row.vendor, row.model, tokens(row.context), tokens(row.output_max),
               shown(price.input), shown(price.cached_input), shown(price.cache_write),
               shown(price.output), notes);
  }
  fmt::print("{} models; list prices of {}, dollars per million tokens\n", rows.size(),
             catalogue::as_of());
}

template <class Prices>
std::string price_json(const Prices& price) {
  const auto number = [](std::optional<std::int64_t> nanos) {
    return nanos ? fmt::to_string(*nanos) : "null";
  };
  return fmt::format(R"("input":{},"cached_input":{},"cache_write":{},"output":{})", price.input,
                     number(price.cached_input), number(price.cache_write), price.output);
}

std::string row_json(const Row& row) {
  std::string price = "null";
  if (row.price) {
    price = '{' + price_json(*row.price);
    if (const auto& tier = row.price->long_prompt)
      price += fmt::format(R"(,"long_prompt":{{"above":{},{}}})", tier->above, price_json(*tier));
    price += '}';
  }
  return fmt::format(
      R"({{"provider":{},"model":{},"upstream":{},"context_tokens_max":{},"output_tokens_max":{},)"
      R"("price":{},"can":{},"since":{},"from":{}}})",
      json::quoted(row.vendor), json::quoted(row.model), json::quoted(row.upstream), row.context,
      row.output_max, price, json::quoted(row.can), json::quoted(row.since),
      json::quoted(row.from));
}

void print_json(const std::vector<Row>& rows) {
  fmt::print(R"({{"as_of":"{}","unit":"nano-dollars per million tokens","models":[)",
             catalogue::as_of());
  for (std::size_t i = 0; i < rows.size(); ++i)
    fmt::print("{}\n  {}", i > 0 ? "," : "", row_json(rows[i]));
  fmt::print("\n]}}\n");
}

int run(const Options& options) {
  std::shared_ptr<const Plan> plan;
  if (!options.file.empty()) {
    auto loaded = app::load_plan(options.file);
    if (!loaded) return tell(loaded.error(), kUsageError);
    plan = *loaded;
  }
  const auto rows = plan ? plan_rows(*plan, options) : catalogue_rows(options);
  if (options.format == "json")
    print_json(rows);
  else
    print_table(rows);
  return 0;
}

}  // namespace

void add_models(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand(
      "models", "List the models and prices that are known, or those of a one-pager.");
  auto options = std::make_shared<Options>();
  verb->add_option("NAME", options->part, "only models with this in their name");
  verb->add_option("--vendor", options->vendor, "only this vendor's, e.g. openai");
  verb->add_option("-c,--config", options->file,
                   "the models of this one-pager, with the prices in force");
  verb->add_option("--format", options->format, "text for people, json for programs")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb->footer(
      "A price of your own goes into the one-pager: models.NAME.price. See plimsoll explain "
      "models.*.price.");
  verb->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace plimsoll::cli
