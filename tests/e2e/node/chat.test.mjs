// Goal: a program that uses the official client changes its base URL and nothing else.
// Method: the client, the gateway's binary and an upstream of ours, over real sockets.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { Gateway, Upstream, chunk, completion, sendJson, sendStream } from "./rig.mjs";

const messages = [{ role: "user", content: "hi" }];
let upstream, gateway, client;

before(async () => {
  upstream = await Upstream.start();
  gateway = await Gateway.start(upstream.url);
  client = gateway.client();
});
after(async () => {
  await gateway?.stop();
  await upstream?.stop();
});
afterEach(() => {
  upstream.requests.length = 0;
});

test("a chat is answered, by feature, by model entry and by provider/model", async () => {
  upstream.respond = (_, response) => sendJson(response, 200, completion("hello"));
  for (const model of ["bot", "fast", "up/upstream-model"]) {
    const answer = await client.chat.completions.create({ model, messages });
    assert.equal(answer.choices[0].message.content, "hello");
    assert.equal(upstream.requests.at(-1).json.model, "upstream-model");
  }
});

test("the upstream gets the gateway's credential and never the client's", async () => {
  upstream.respond = (_, response) => sendJson(response, 200, completion("hello"));
  await client.chat.completions.create({ model: "bot", messages });
  const { headers, text } = upstream.requests[0];
  assert.equal(headers.authorization, "Bearer sk-of-the-gateway");
  assert.ok(!JSON.stringify(headers).includes("sk-of-the-client") && !text.includes("sk-of-the"));
  assert.equal(headers["accept-encoding"], "identity");
});

test("fields that nobody here knows survive in both directions", async () => {
  upstream.respond = (_, response) =>
    sendJson(response, 200, completion("hello", { brand_new: { a: [1, 2.50] } }));
  const answer = await client.chat.completions.create({
    model: "bot", messages, novel_option: { deep: ["ä", 1e3] },
  });
  assert.deepEqual(upstream.requests[0].json.novel_option, { deep: ["ä", 1e3] });
  assert.deepEqual(answer.brand_new, { a: [1, 2.5] });
});

test("every answer names its call in x-request-id", async () => {
  upstream.respond = (_, response) => sendJson(response, 200, completion("hello"));
  const first = await client.chat.completions.create({ model: "bot", messages }).withResponse();
  const second = await client.chat.completions.create({ model: "bot", messages }).withResponse();
  assert.ok(first.request_id && second.request_id && first.request_id !== second.request_id);
});

test("the models of the one-pager are listed and can be asked for", async () => {
  const names = (await client.models.list()).data.map((model) => model.id);
  assert.ok(names.includes("bot") && names.includes("fast"), names.join());
  assert.equal((await client.models.retrieve("bot")).id, "bot");
});

test("a stream arrives in its pieces and ends", async () => {
  upstream.respond = (_, response) =>
    sendStream(response, [
      chunk({ role: "assistant", content: "" }), chunk({ content: "one " }),
      chunk({ content: "two" }), chunk({}, "stop"),
    ]);
  const stream = await client.chat.completions.create({ model: "bot", messages, stream: true });
  let text = "", finish;
  for await (const part of stream) {
    text += part.choices[0]?.delta.content ?? "";
    finish = part.choices[0]?.finish_reason ?? finish;
  }
  assert.equal(text, "one two");
  assert.equal(finish, "stop");
});

test("the first piece of a stream does not wait for the last", async () => {
  let release;
  upstream.respond = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${JSON.stringify(chunk({ content: "early" }))}\n\n`);
    release = () => response.end(`data: ${JSON.stringify(chunk({}, "stop"))}\n\ndata: [DONE]\n\n`);
  };
  const stream = await client.chat.completions.create({ model: "bot", messages, stream: true });
  const parts = stream[Symbol.asyncIterator]();
  assert.equal((await parts.next()).value.choices[0].delta.content, "early");
  release();
  while (!(await parts.next()).done);
});

test("usage is always asked of the upstream, and hidden from who did not ask", async () => {
  upstream.respond = (_, response) => sendStream(response, [chunk({ content: "x" }, "stop")]);
  const stream = await client.chat.completions.create({ model: "bot", messages, stream: true });
  for await (const part of stream) {
    assert.ok(!part.usage, "a usage chunk was shown");
    assert.ok(part.choices.length > 0, "a chunk without choices was shown");
  }
  assert.equal(upstream.requests[0].json.stream_options.include_usage, true);
});

test("usage is shown to who asked", async () => {
  upstream.respond = (_, response) => sendStream(response, [chunk({ content: "x" }, "stop")]);
  const stream = await client.chat.completions.create({
    model: "bot", messages, stream: true, stream_options: { include_usage: true },
  });
  const seen = [];
  for await (const part of stream) if (part.usage) seen.push(part.usage);
  assert.equal(seen.length, 1);
  assert.equal(seen[0].total_tokens, 12);
});

const tools = [{
  type: "function",
  function: { name: "weather", parameters: { type: "object", properties: { city: {} } } },
}];

test("tool calls come through whole", async () => {
  const call = { id: "call_1", type: "function",
    function: { name: "weather", arguments: '{"city":"Oslo"}' } };
  upstream.respond = (_, response) =>
    sendJson(response, 200, completion(null, { choices: [{ index: 0, finish_reason: "tool_calls",
      message: { role: "assistant", content: null, tool_calls: [call] } }] }));
  const answer = await client.chat.completions.create({ model: "bot", messages, tools });
  assert.deepEqual(answer.choices[0].message.tool_calls, [call]);
  assert.deepEqual(upstream.requests[0].json.tools, tools);
});

test("tool calls come through in a stream, and the client puts them together", async () => {
  const piece = (args, more = {}) => chunk({ tool_calls: [{ index: 0, ...more,
    function: { ...more.function, arguments: args } }] });
  upstream.respond = (_, response) =>
    sendStream(response, [
      chunk({ role: "assistant", content: null }),
      piece("", { id: "call_1", type: "function", function: { name: "weather" } }),
      piece('{"city":'), piece('"Oslo"}'), chunk({}, "tool_calls"),
    ]);
  const runner = client.chat.completions.stream({ model: "bot", messages, tools });
  const final = await runner.finalChatCompletion();
  const call = final.choices[0].message.tool_calls[0];
  assert.deepEqual(JSON.parse(call.function.arguments), { city: "Oslo" });
  assert.equal(final.choices[0].finish_reason, "tool_calls");
});

test("parse with a schema gives the typed value, and the schema reaches the upstream", async () => {
  upstream.respond = (_, response) =>
    sendJson(response, 200, completion('{"order":12,"items":["a"]}'));
  const Order = z.object({ order: z.number(), items: z.array(z.string()) });
  const answer = await client.chat.completions.parse({
    model: "bot", messages, response_format: zodResponseFormat(Order, "order"),
  });
  assert.deepEqual(answer.choices[0].message.parsed, { order: 12, items: ["a"] });
  assert.equal(upstream.requests[0].json.response_format.json_schema.name, "order");
});

test("a stream with a schema is parsed at its end", async () => {
  upstream.respond = (_, response) =>
    sendStream(response, [chunk({ role: "assistant", content: '{"order"' }),
      chunk({ content: ":12}" }), chunk({}, "stop")]);
  const Order = z.object({ order: z.number() });
  const runner = client.chat.completions.stream({
    model: "bot", messages, response_format: zodResponseFormat(Order, "order"),
  });
  const final = await runner.finalChatCompletion();
  assert.deepEqual(final.choices[0].message.parsed, { order: 12 });
});

test("every choice of n arrives, whole and streamed", async () => {
  const choice = (index) => ({ index, finish_reason: "stop",
    message: { role: "assistant", content: `answer ${index}` } });
  upstream.respond = (request, response) =>
    request.json.stream
      ? sendStream(response, [0, 1, 2].map((index) => ({ ...chunk({}),
        choices: [{ index, delta: { content: `answer ${index}` }, finish_reason: "stop" }] })))
      : sendJson(response, 200, completion("", { choices: [0, 1, 2].map(choice) }));
  const whole = await client.chat.completions.create({ model: "bot", messages, n: 3 });
  assert.deepEqual(whole.choices.map((c) => c.message.content),
    ["answer 0", "answer 1", "answer 2"]);
  const texts = ["", "", ""];
  const asked = { model: "bot", messages, n: 3, stream: true };
  const stream = await client.chat.completions.create(asked);
  for await (const part of stream)
    for (const c of part.choices) texts[c.index] += c.delta.content ?? "";
  assert.deepEqual(texts, ["answer 0", "answer 1", "answer 2"]);
});

test("two hundred chats at once get each their own answer", async () => {
  upstream.respond = (request, response) =>
    sendJson(response, 200, completion(request.json.messages[0].content));
  const ask = async (i) => {
    const content = `question ${i}`;
    const answer = await client.chat.completions.create({
      model: "bot", messages: [{ role: "user", content }],
    });
    return answer.choices[0].message.content === content;
  };
  const right = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(i)));
  assert.equal(right.filter(Boolean).length, 200);
});
