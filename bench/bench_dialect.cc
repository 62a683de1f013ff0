// What reading and writing one call costs: `bench_dialect [rounds]` prints the
// median nanoseconds of each step over that many rounds (default 21).
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "dialects/openai_chat/openai_chat.h"

namespace {

using namespace plimsoll;
namespace chat = dialects::openai_chat;
using Clock = std::chrono::steady_clock;

constexpr int kRepeats = 2'000;

std::string request_body() {
  std::string text;
  while (text.size() < 800) text += "The order has not come and I am not amused. ";
  return R"({"model":"support-bot","temperature":0.2,"stream":true,"messages":[)"
         R"({"role":"system","content":"You help customers of a shop."},{"role":"user","content":")" +
         text + R"("}],"user":"u_1","seed":7})";
}

std::string chunk() {
  return R"(data: {"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz","object":"chat.completion.chunk",)"
         R"("created":1700000000,"model":"gpt-5-mini-2025-08-07","service_tier":"default",)"
         R"("system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":" word"},)"
         R"("logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"AbCdEf"})"
         "\n\n";
}

std::string answer() {
  return R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-5-mini",)"
         R"("choices":[{"index":0,"message":{"role":"assistant","content":")" +
         std::string(600, 'x') +
         R"(","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":200,)"
         R"("completion_tokens":150,"total_tokens":350,"prompt_tokens_details":{"cached_tokens":0}}})";
}

template <class Step>
double median_nanos(int rounds, Step step) {
  std::vector<double> nanos;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = Clock::now();
    for (int i = 0; i < kRepeats; ++i) step();
    const std::chrono::duration<double, std::nano> took = Clock::now() - begin;
    nanos.push_back(took.count() / kRepeats);
  }
  std::ranges::sort(nanos);
  return nanos[nanos.size() / 2];
}

std::size_t sink = 0;

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 21;
  const std::string body = request_body(), one_chunk = chunk(), whole = answer();
  const auto request = chat::decode_call(body).value();
  fmt::print("decode_call,  {} bytes: {:.0f} ns\n", body.size(),
             median_nanos(rounds, [&] { sink += chat::decode_call(body).value()->messages; }));
  fmt::print("encode_call,  {} bytes: {:.0f} ns\n", body.size(), median_nanos(rounds, [&] {
               sink += chat::encode_call(*request, {.model = "gpt-5-mini"}).size();
             }));
  fmt::print("decode_whole, {} bytes: {:.0f} ns\n", whole.size(),
             median_nanos(rounds, [&] { sink += chat::decode_whole(whole).value().raw.size(); }));
  chat::StreamDecoder decoder;
  std::string out;
  fmt::print("chunk in and out, {} bytes: {:.0f} ns\n", one_chunk.size(), median_nanos(rounds, [&] {
               out.clear();
               decoder.feed(one_chunk);
               chat::append_event(out, **decoder.next(), *request);
               sink += out.size();
             }));
  return sink == 0;
}
