// Goal: embeddings and completions of the older kind are passed on with their usage,
// whatever form the official client asks them in.
// Method: the official client, the gateway's binary and upstreams of ours, over real
// sockets.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Behind } from "./behind.mjs";
import { sendJson } from "./rig.mjs";

let chat, claude, client;
before(async () => {
  chat = await Behind.start("openai");
  claude = await Behind.start("anthropic");
  client = chat.gateway.client();
});
after(async () => {
  await chat.stop();
  await claude.stop();
});

const numbers = [0.25, -1.5, 3];
const inBase64 = Buffer.from(new Float32Array(numbers).buffer).toString("base64");
const answer = (embedding) => ({
  object: "list", model: "upstream-model", data: [{ object: "embedding", index: 0, embedding }],
  usage: { prompt_tokens: 4, total_tokens: 4 },
});

test("embeddings are what the provider made, in both encodings", async () => {
  chat.upstream.respond = (request, response) => sendJson(response, 200,
    answer(request.json.encoding_format === "base64" ? inBase64 : numbers));
  for (const encoding_format of [undefined, "float"]) {
    const made = await client.embeddings.create({ model: "bot", input: "hi", encoding_format });
    assert.deepEqual(made.data[0].embedding, numbers);
    assert.equal(made.usage.prompt_tokens, 4);
  }
  const { url, json } = chat.upstream.requests.at(-1);
  assert.equal(url, "/v1/embeddings");
  assert.equal(json.model, "upstream-model");
});

test("lists of texts and of tokens are taken", async () => {
  chat.upstream.respond = (_, response) => sendJson(response, 200, answer(numbers));
  for (const input of [["a", "b"], [1, 2, 3], [[1, 2], [3]]]) {
    await client.embeddings.create({ model: "bot", input, encoding_format: "float" });
    assert.deepEqual(chat.upstream.requests.at(-1).json.input, input);
  }
});

test("a provider that has no embeddings is not asked for them", async () => {
  claude.upstream.requests.length = 0;
  const failed = await claude.gateway.client().embeddings.create({ model: "bot", input: "hi" })
    .catch((error) => error);
  assert.equal(failed.status, 400);
  assert.match(failed.message, /embeddings cannot be carried over/);
  assert.equal(claude.upstream.requests.length, 0);
});

const piece = (text, finish_reason = null) => ({
  id: "cmpl-1", object: "text_completion", created: 1, model: "upstream-model",
  choices: [{ text, index: 0, logprobs: null, finish_reason }],
});
const usage = { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 };

test("a completion of the older kind is passed on, whole and streamed", async () => {
  chat.upstream.respond = (request, response) => {
    if (!request.json.stream)
      return sendJson(response, 200, { ...piece("one two", "stop"), usage });
    response.writeHead(200, { "content-type": "text/event-stream" });
    const last = { ...piece(""), choices: [], usage };
    for (const value of [piece("one "), piece("two", "stop"), last])
      response.write(`data: ${JSON.stringify(value)}\n\n`);
    response.end("data: [DONE]\n\n");
  };
  const whole = await client.completions.create({ model: "bot", prompt: "count" });
  assert.equal(whole.choices[0].text, "one two");
  assert.equal(whole.usage.total_tokens, 5);
  let text = "";
  for await (const part of await client.completions.create(
    { model: "bot", prompt: "count", stream: true })) {
    assert.ok(part.choices.length > 0, "a usage chunk was shown that nobody asked for");
    text += part.choices[0].text;
  }
  assert.equal(text, "one two");
  assert.equal(chat.upstream.requests.at(-1).json.stream_options.include_usage, true);
});
