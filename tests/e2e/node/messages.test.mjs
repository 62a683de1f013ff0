// Goal: a program that uses Anthropic's client changes its base URL and nothing
// else, whichever dialect the provider behind the gateway speaks; and a chat
// client is served by a provider that speaks Anthropic's.
// Method: both official clients, the gateway's binary and upstreams of ours, over
// real sockets; the same answer is asked of both kinds of upstream.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import {
  Gateway, Upstream, chunk, completion, eventsOf, message, sendEvents, sendJson, sendStream,
} from "./rig.mjs";

const messages = [{ role: "user", content: "hi" }];
const ask = { model: "bot", max_tokens: 64, messages };
const weather = {
  name: "weather", description: "d",
  input_schema: { type: "object", properties: { city: { type: "string" } } },
};
let claude, chat; // an upstream and a gateway before it, of each dialect

async function pair(dialect) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(upstream.url, { dialect });
  return { upstream, gateway };
}

before(async () => {
  claude = await pair("anthropic");
  chat = await pair("openai");
});
after(async () => {
  for (const { gateway, upstream } of [claude, chat]) {
    await gateway.stop();
    await upstream.stop();
  }
});
afterEach(() => {
  claude.upstream.requests.length = chat.upstream.requests.length = 0;
});

/** What the client got from each kind of upstream. */
async function bothWays(act) {
  return { claude: await act(claude.gateway.messagesClient()),
    chat: await act(chat.gateway.messagesClient()) };
}

test("a message is answered by either kind of provider", async () => {
  claude.upstream.respond = (_, response) =>
    sendJson(response, 200, message([{ type: "text", text: "hello" }]));
  chat.upstream.respond = (_, response) => sendJson(response, 200, completion("hello"));
  for (const answer of Object.values(await bothWays((client) => client.messages.create(ask)))) {
    assert.deepEqual(answer.content, [{ type: "text", text: "hello" }]);
    assert.equal(answer.stop_reason, "end_turn");
    assert.equal(answer.role, "assistant");
    assert.equal(answer.usage.input_tokens, 9);
    assert.equal(answer.usage.output_tokens, 3);
    assert.match(answer._request_id, /^c_/);
  }
});

test("the gateway's own key goes up, in the way of the provider", async () => {
  claude.upstream.respond = (_, response) => sendJson(response, 200, message([]));
  chat.upstream.respond = (_, response) => sendJson(response, 200, completion("hello"));
  await bothWays((client) => client.messages.create(ask));
  assert.equal(claude.upstream.requests[0].headers["x-api-key"], "sk-of-the-gateway");
  assert.equal(claude.upstream.requests[0].headers["anthropic-version"], "2023-06-01");
  assert.equal(chat.upstream.requests[0].headers.authorization, "Bearer sk-of-the-gateway");
  for (const { upstream } of [claude, chat])
    assert.ok(!JSON.stringify(upstream.requests[0].headers).includes("sk-of-the-client"));
});

test("both ways to show a credential are taken", async () => {
  const keys = 'auth: keys\nkeys: [{id: a, secret: "env:CLIENT_KEY"}]';
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(upstream.url, {
    server: keys, env: { CLIENT_KEY: "sk-of-the-client" },
  });
  upstream.respond = (_, response) => sendJson(response, 200, completion("hello"));
  try {
    await gateway.messagesClient().messages.create(ask);
    const bearer = gateway.messagesClient({ apiKey: null, authToken: "sk-of-the-client" });
    await bearer.messages.create(ask);
    await assert.rejects(gateway.messagesClient({ apiKey: "wrong" }).messages.create(ask),
      (error) => error instanceof Anthropic.AuthenticationError &&
        error.error.error.type === "authentication_error");
    assert.equal(upstream.requests.length, 2);
  } finally {
    await gateway.stop();
    await upstream.stop();
  }
});

test("the stream helper puts the same message together from either kind", async () => {
  const thinking = { type: "thinking", thinking: "let me see", signature: "c2ln" };
  const text = { type: "text", text: "it depends" };
  const call = { type: "tool_use", id: "call_1", name: "weather", input: { city: "Rome" } };
  claude.upstream.respond = (_, response) =>
    sendEvents(response, eventsOf([thinking, text, call], "tool_use"));
  chat.upstream.respond = (_, response) =>
    sendStream(response, [
      chunk({ role: "assistant", content: "" }), chunk({ reasoning_content: "let me see" }),
      chunk({ content: "it " }), chunk({ content: "depends" }),
      chunk({ tool_calls: [{ index: 0, id: "call_1", type: "function",
        function: { name: "weather", arguments: "" } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] }),
      chunk({}, "tool_calls"),
    ]);
  const got = await bothWays((client) =>
    client.messages.stream({ ...ask, tools: [weather] }).finalMessage());
  assert.deepEqual(got.claude.content, [thinking, text, call]);
  assert.deepEqual(got.chat.content, [{ ...thinking, signature: "" }, text, call]);
  for (const answer of Object.values(got)) {
    assert.equal(answer.stop_reason, "tool_use");
    assert.equal(answer.usage.output_tokens, 3);
  }
  assert.equal(got.chat.usage.input_tokens, 9);
});

test("a turn with the result of a tool reaches a chat provider", async () => {
  chat.upstream.respond = (_, response) => sendJson(response, 200, completion("rain"));
  await chat.gateway.messagesClient().messages.create({
    ...ask, tools: [weather], system: "be brief",
    messages: [
      ...messages,
      { role: "assistant", content: [
        { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Rome" } }] },
      { role: "user", content: [
        { type: "tool_result", tool_use_id: "toolu_1", content: "rain" },
        { type: "text", text: "and now?" }] },
    ],
  });
  assert.deepEqual(chat.upstream.requests[0].json.messages, [
    { role: "system", content: "be brief" }, { role: "user", content: "hi" },
    { role: "assistant", content: null, tool_calls: [{ id: "toolu_1", type: "function",
      function: { name: "weather", arguments: '{"city":"Rome"}' } }] },
    { role: "tool", tool_call_id: "toolu_1", content: "rain" },
    { role: "user", content: "and now?" },
  ]);
});

test("errors are those that the client knows, before and inside a stream", async () => {
  claude.upstream.respond = (_, response) => sendJson(response, 529,
    { type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
  chat.upstream.respond = (_, response) => sendJson(response, 503,
    { error: { message: "busy", type: "service_unavailable_error" } });
  await bothWays((client) => assert.rejects(client.messages.create(ask), (error) =>
    error.status === 529 && error.error.error.type === "overloaded_error"));
  claude.upstream.respond = (_, response) => sendEvents(response, [
    ...eventsOf([{ type: "text", text: "half" }]).slice(0, -3),
    { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }]);
  chat.upstream.respond = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${JSON.stringify(chunk({ content: "half" }))}\n\n`);
    setTimeout(() => response.destroy(), 20);
  };
  await bothWays((client) => assert.rejects(client.messages.stream(ask).finalMessage(),
    (error) => error instanceof Anthropic.APIError));
});

test("tokens are counted and models listed for this client", async () => {
  const client = claude.gateway.messagesClient();
  const { input_tokens } = await client.messages.countTokens({ model: "bot", messages });
  assert.ok(input_tokens > 0 && input_tokens < 20);
  const names = (await client.models.list()).data.map((model) => model.id);
  assert.ok(names.includes("bot") && names.includes("fast"), names.join());
  assert.equal((await client.models.retrieve("bot")).id, "bot");
});

test("betas and unknown fields pass to a provider of the same dialect", async () => {
  claude.upstream.respond = (_, response) =>
    sendJson(response, 200, message([{ type: "text", text: "ok" }], { brand_new: [1, 2.5] }));
  const answer = await claude.gateway.messagesClient().beta.messages.create({
    ...ask, betas: ["files-api-2025-04-14"], novel_option: { deep: ["ä", 1e3] },
  });
  const { headers, json, url } = claude.upstream.requests[0];
  assert.equal(url, "/v1/messages?beta=true");
  assert.equal(headers["anthropic-beta"], "files-api-2025-04-14");
  assert.deepEqual(json.novel_option, { deep: ["ä", 1e3] });
  assert.deepEqual(answer.brand_new, [1, 2.5]);
});

test("a chat client is served by a provider that speaks Anthropic's", async () => {
  const text = { type: "text", text: "it depends" };
  const call = { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Rome" } };
  const tools = [
    { type: "function", function: { name: "weather", parameters: weather.input_schema } }];
  const client = claude.gateway.client();
  claude.upstream.respond = (_, response) =>
    sendJson(response, 200, message([text, call], { stop_reason: "tool_use" }));
  const whole = await client.chat.completions.create({ model: "bot", messages, tools });
  claude.upstream.respond = (_, response) =>
    sendEvents(response, eventsOf([text, call], "tool_use"));
  const streamed = await client.chat.completions
    .stream({ model: "bot", messages, tools, stream_options: { include_usage: true } })
    .finalChatCompletion();
  for (const answer of [whole, streamed]) {
    const { message: said, finish_reason } = answer.choices[0];
    assert.equal(said.content, "it depends");
    assert.equal(said.tool_calls[0].id, "toolu_1");
    assert.deepEqual(JSON.parse(said.tool_calls[0].function.arguments), { city: "Rome" });
    assert.equal(finish_reason, "tool_calls");
    assert.equal(answer.usage.total_tokens, 12);
  }
});
