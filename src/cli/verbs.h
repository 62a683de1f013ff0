#pragma once

namespace CLI {
class App;
}

/// One file per verb: `verb_<name>.cc`. Each function adds a subcommand to
/// `app`; when the user chose it, its callback runs the verb and sets
/// `exit_code`: 0 ok, 1 failed verdict or run-time failure, 2 usage or
/// configuration; the gate adds 3 insufficient, 4 invalid run, 5 error.
namespace plimsoll::cli {

void add_init(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_models(CLI::App& app, int& exit_code);
void add_docs(CLI::App& app, int& exit_code);
void add_serve(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);
void add_completion(CLI::App& app, int& exit_code);
void add_eval(CLI::App& app, int& exit_code);
void add_gate(CLI::App& app, int& exit_code);
void add_ledger(CLI::App& app, int& exit_code);
void add_keys(CLI::App& app, int& exit_code);
void add_load(CLI::App& app, int& exit_code);
void add_sim(CLI::App& app, int& exit_code);

}  // namespace plimsoll::cli
