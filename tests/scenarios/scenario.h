#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace plimsoll::scenarios {

/// One scenario file. Its grammar: lines that begin with `#` are comments; a
/// line that begins in column one opens a section; indented lines are its body,
/// with two spaces taken off.
///
///   plan                        the one-pager; {upstream} is the scripted server's URL
///   client METHOD PATH          one request; header lines "name: value", a blank line,
///                               then the body. Several sections are sent in order.
///   upstream STATUS [word...]   the next answer of the scripted server. Words:
///     stream     each body line becomes one SSE event "data: LINE"
///     named      with stream: the event's name is the "type" of its JSON
///     reset      the connection is reset after what is written
///     cut        it is closed in the middle of what was announced
///     silent     nothing is ever answered
///     stall      it stays open after what is written, and nothing follows
///     name=value a header
///   expect STATUS               the client's answer: each line must be part of head or
///                               body; a line that begins with "! " must not be
///   attempts N                  how many requests reached the scripted server
///   upstream-saw                each line must be part of some request that it saw
struct Answer {
  int status = 200;
  bool stream = false, named = false, reset = false, cut = false, silent = false, stall = false;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> body;
  std::string wire{};  // not of files: sent as it is, head included, in place of the rest
  /// Not of files: sent after `wire`, over and over, one each `drip_every`, until
  /// nobody takes it.
  std::string drip{};
  std::chrono::milliseconds drip_every{0};
};

struct Ask {
  std::string method, path;
  std::vector<std::string> headers;
  std::string body;
};

struct Expectation {
  int status = 200;
  std::vector<std::string> has, has_not;
};

struct Scenario {
  std::string name;
  std::string plan;
  std::vector<Ask> asks;
  std::vector<Answer> answers;
  std::vector<Expectation> expectations;  // one per ask
  int attempts = -1;
  std::vector<std::string> upstream_saw;
  std::vector<std::string> problems;  // of the file itself
};

Scenario read_scenario(const std::string& path);

/// Every *.scenario of `folder`, sorted.
std::vector<std::string> scenario_files(const std::string& folder);

}  // namespace plimsoll::scenarios
