// Goal: a program that uses the Responses API changes its base URL and nothing
// else, whichever dialect the provider behind the gateway speaks.
// Method: the official client, the gateway's binary and upstreams of every dialect,
// over real sockets; the same answer is asked of each.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { Behind, dialects } from "./behind.mjs";
import { sendJson } from "./rig.mjs";

const all = {};
before(async () => {
  for (const dialect of dialects) all[dialect] = await Behind.start(dialect);
});
after(async () => {
  for (const behind of Object.values(all)) await behind.stop();
});

const ask = { model: "bot", input: "hi" };
const weather = {
  type: "function", name: "weather", description: "d", strict: true,
  parameters: { type: "object", properties: { city: { type: "string" } },
    required: ["city"], additionalProperties: false },
};
const call = { id: "call_1", name: "weather", input: { city: "Oslo" } };

/** Runs `act(behind, client)` before every kind of upstream, as a test of its own. */
function everywhere(name, act) {
  for (const dialect of dialects)
    test(`${name}, before ${dialect}`, () => act(all[dialect], all[dialect].gateway.client()));
}

everywhere("a response is answered", async (behind, client) => {
  behind.say({ text: "hello there" });
  const answer = await client.responses.create({ ...ask, instructions: "be brief" });
  assert.equal(answer.output_text, "hello there");
  assert.equal(answer.status, "completed");
  const { input_tokens, output_tokens, total_tokens } = answer.usage;
  assert.deepEqual([input_tokens, output_tokens, total_tokens], [9, 3, 12]);
  assert.ok(behind.asked[0].includes("be brief"));
});

everywhere("a stream arrives event by event, numbered, and ends", async (behind, client) => {
  behind.say({ text: "one two three" });
  const types = [], numbers = [];
  let text = "", last;
  for await (const event of await client.responses.create({ ...ask, stream: true })) {
    types.push(event.type);
    numbers.push(event.sequence_number);
    if (event.type === "response.output_text.delta") text += event.delta;
    last = event;
  }
  assert.equal(text, "one two three");
  assert.equal(types[0], "response.created");
  assert.equal(last.type, "response.completed");
  assert.equal(last.response.usage.output_tokens, 3);
  assert.deepEqual(numbers, numbers.map((_, index) => index));
});

everywhere("the stream helper puts the response together", async (behind, client) => {
  behind.say({ text: "it rains", thought: "clouds", calls: [call] });
  const stream = client.responses.stream({ model: "bot", input: "weather?", tools: [weather] });
  const final = await stream.finalResponse();
  assert.equal(final.output_text, "it rains");
  const made = final.output.find((item) => item.type === "function_call");
  assert.match(made.call_id, /^call_1/);
  assert.deepEqual(made.parsed_arguments, { city: "Oslo" });
  const thought = final.output.find((item) => item.type === "reasoning");
  assert.equal(thought.summary[0].text, "clouds");
});

everywhere("a call and its result go round, with what the client keeps", async (behind, client) => {
  behind.say({ thought: "hm", calls: [call] }, { text: "rain in Oslo" });
  const input = [{ role: "user", content: "weather in Oslo?" }];
  const first = await client.responses.create({ model: "bot", input, tools: [weather] });
  const made = first.output.find((item) => item.type === "function_call");
  assert.deepEqual(JSON.parse(made.arguments), { city: "Oslo" });
  input.push(...first.output);
  input.push({ type: "function_call_output", call_id: made.call_id, output: "rain" });
  const second = await client.responses.create({ model: "bot", input, tools: [weather] });
  assert.equal(second.output_text, "rain in Oslo");
  // Google has no ids, but wants its signature back.
  const proof = behind.dialect === "gemini" ? '"thoughtSignature":"c2ln"' : "call_1";
  assert.ok(behind.asked[1].includes("rain") && behind.asked[1].includes(proof));
  if (behind.dialect === "anthropic")
    assert.deepEqual(JSON.parse(behind.asked[1]).messages[1].content[0],
      { type: "thinking", thinking: "hm", signature: "c2ln" });
});

everywhere("parse gives the typed value by a schema", async (behind, client) => {
  behind.say({ text: '{"city":"Oslo"}' });
  const answer = await client.responses.parse({ model: "bot", input: "hi",
    text: { format: zodTextFormat(z.object({ city: z.string() }), "place") } });
  assert.deepEqual(answer.output_parsed, { city: "Oslo" });
  assert.match(behind.asked[0], /"city"/);
});

everywhere("an answer that was cut off is incomplete", async (behind, client) => {
  behind.say({ text: "half of", cutOff: true });
  const answer = await client.responses.create({ ...ask, max_output_tokens: 16 });
  assert.equal(answer.status, "incomplete");
  assert.equal(answer.incomplete_details.reason, "max_output_tokens");
  const stream = await client.responses.create({ model: "bot", input: "hi", stream: true });
  let last;
  for await (const event of stream) last = event;
  assert.equal(last.type, "response.incomplete");
});

everywhere("pictures reach the upstream", async (behind, client) => {
  behind.say({ text: "a dot" });
  await client.responses.create({ model: "bot", input: [{ role: "user", content: [
    { type: "input_text", text: "what is it?" },
    { type: "input_image", image_url: "data:image/png;base64,aGVsbG8=", detail: "auto" }] }] });
  assert.ok(behind.asked[0].includes("aGVsbG8="));
});

everywhere("an error is one of the client's own kind", async (behind, client) => {
  behind.upstream.respond = (_, response) => sendJson(response, 400,
    { type: "error", error: { message: "no such thing", type: "invalid_request_error" } });
  const failed = await client.responses.create(ask).catch((error) => error);
  assert.equal(failed.status, 400);
  assert.match(failed.message, /no such thing/);
});

everywhere("a stream that breaks is an error, never an end", async (behind, client) => {
  behind.say({ text: "a text that breaks off in the middle" });
  const respond = behind.upstream.respond;
  behind.upstream.respond = (request, response) => {
    const end = response.end.bind(response), written = [];
    response.write = (bytes) => written.push(bytes);
    response.end = () => {
      const half = written.slice(0, 5).join("");
      response.writeHead === undefined ? end() : response.socket.write(
        `${half.length.toString(16)}\r\n${half}\r\n`, () => response.socket.destroy());
    };
    const head = response.writeHead.bind(response);
    response.writeHead = (...args) => { head(...args); response.flushHeaders(); };
    respond(request, response);
  };
  const types = [];
  let failed;
  try {
    for await (const event of await client.responses.create({ ...ask, stream: true }))
      types.push(event.type);
  } catch (error) {
    failed = error;
  }
  assert.ok(failed, "no error was thrown");
  assert.ok(!types.includes("response.completed"), types.join());
  assert.ok(types.includes("response.failed") || types.length === 0, types.join());
});

test("what only a server with a memory could do is refused", async () => {
  const client = all.openai.gateway.client();
  const failed = await client.responses.create({ ...ask, previous_response_id: "resp_1" })
    .catch((error) => error);
  assert.equal(failed.status, 400);
  assert.match(failed.message, /not kept here/);
});
