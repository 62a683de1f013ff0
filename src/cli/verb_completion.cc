#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/verbs.h"

namespace plimsoll::cli {
namespace {

std::string join(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::vector<std::string> flags_of(const CLI::App& verb) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : verb.get_options())
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  return flags;
}

std::vector<const CLI::App*> shown_verbs(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* verb) { return !verb->get_group().empty(); });
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& verbs) {
  std::vector<std::string> names;
  for (const CLI::App* verb : verbs) names.push_back(verb->get_name());
  return names;
}

std::string bash_script(const CLI::App& app) {
  const auto verbs = shown_verbs(app);
  std::string cases;
  for (const CLI::App* verb : verbs)
    cases += fmt::format("    {}) words='{}' ;;\n", verb->get_name(), join(flags_of(*verb)));
  return fmt::format(
      "_plimsoll() {{\n"
      "  local words='{}'\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n{}  esac\n"
      "  [ \"$COMP_CWORD\" = 1 ] && words='{}'\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"${{COMP_WORDS[COMP_CWORD]}}\"))\n"
      "  [ ${{#COMPREPLY[@]}} -gt 0 ] || COMPREPLY=($(compgen -f -- "
      "\"${{COMP_WORDS[COMP_CWORD]}}\"))\n"
      "}}\n"
      "complete -o filenames -F _plimsoll plimsoll\n",
      join(names_of(verbs)), cases, join(names_of(verbs)));
}

std::string fish_script(const CLI::App& app) {
  std::string out;
  for (const CLI::App* verb : shown_verbs(app)) {
    out += fmt::format("complete -c plimsoll -n __fish_use_subcommand -a {} -d '{}'\n",
                       verb->get_name(), verb->get_description());
    for (const CLI::Option* option : verb->get_options())
      for (const std::string& name : option->get_lnames())
        out += fmt::format("complete -c plimsoll -n '__fish_seen_subcommand_from {}' -l {}\n",
                           verb->get_name(), name);
  }
  return out;
}

std::string script_for(const std::string& shell, const CLI::App& app) {
  if (shell == "fish") return fish_script(app);
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script(app);
  return bash_script(app);
}

}  // namespace

void add_completion(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("completion", "Print a completion script for your shell.");
  auto shell = std::make_shared<std::string>();
  verb->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->footer("Example:\n  source <(plimsoll completion bash)");
  verb->callback([&app, &exit_code, shell] {
    fmt::print("{}", script_for(*shell, app));
    exit_code = 0;
  });
}

}  // namespace plimsoll::cli
