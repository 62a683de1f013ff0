// Goal: what goes wrong reaches the official client as the error class it knows,
// truthfully, and is not asked again where asking again cannot help.
// Method: as in chat.test.mjs; what was sent upstream is counted there.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import OpenAI from "openai";
import { Gateway, Simulator, Upstream, chunk, completion, sendJson, soon } from "./rig.mjs";

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
beforeEach(() => {
  upstream.requests.length = 0;
});

const create = (more = {}, options = {}) =>
  client.chat.completions.create({ model: "bot", messages, ...more }, options);

/** The error that `promise` ends in. */
async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail("it succeeded");
}

function upstreamFails(status, error, headers = {}) {
  upstream.respond = (_, response) => sendJson(response, status, { error }, headers);
}

test("a wrong key is a 401, and the upstream never hears of it", async () => {
  const locked = await Gateway.start(upstream.url, {
    server: "auth: keys",
    tail: 'keys: [{id: team, secret: "env:TEAM_KEY"}]',
    env: { TEAM_KEY: "sk-right" },
  });
  try {
    const asked = { model: "bot", messages };
    const wrong = await failure(locked.client().chat.completions.create(asked));
    assert.ok(wrong instanceof OpenAI.AuthenticationError, String(wrong));
    assert.equal(upstream.requests.length, 0);
    const right = locked.client({ apiKey: "sk-right" });
    assert.ok((await right.chat.completions.create(asked)).id);
  } finally {
    await locked.stop();
  }
});

test("an unknown model is a 404 that names what was meant", async () => {
  const error = await failure(create({ model: "bott" }));
  assert.ok(error instanceof OpenAI.NotFoundError, String(error));
  assert.equal(error.code, "model_not_found");
  assert.match(JSON.stringify(error.error), /\bbot\b/);
  assert.equal(upstream.requests.length, 0);
});

test("a request that is no chat is a 400 and never reaches the upstream", async () => {
  for (const broken of [{ messages: "hi" }, { messages: undefined }, { messages: [] }]) {
    const error = await failure(create(broken));
    assert.ok(error instanceof OpenAI.BadRequestError, `${JSON.stringify(broken)}: ${error}`);
  }
  assert.equal(upstream.requests.length, 0);
});

test("a body that is not JSON is a 400", async () => {
  const answer = await fetch(`${gateway.url}/chat/completions`, {
    method: "POST", headers: { "content-type": "application/json" }, body: '{"model": "bot",',
  });
  assert.equal(answer.status, 400);
  const { error } = await answer.json();
  assert.ok(error.message && error.type && error.code, JSON.stringify(error));
});

test("a path that nobody serves is a 404", async () => {
  const error = await failure(client.moderations.create({ input: "x" }));
  assert.ok(error instanceof OpenAI.NotFoundError, String(error));
});

test("what the upstream refuses is refused with its own words, after one try", async () => {
  upstreamFails(400, { message: "temperature is too high", type: "invalid_request_error",
    param: "temperature", code: null });
  const error = await failure(create({ temperature: 9 }));
  assert.ok(error instanceof OpenAI.BadRequestError, String(error));
  assert.match(error.message, /temperature is too high/);
  assert.equal(upstream.requests.length, 1);
});

test("a 429 is tried again by the gateway and stays a 429", async () => {
  upstreamFails(429, { message: "slow down", type: "requests", code: "rate_limit_exceeded" });
  const error = await failure(create());
  assert.ok(error instanceof OpenAI.RateLimitError, String(error));
  assert.equal(upstream.requests.length, 2);
});

test("a 500 that stays is a server error", async () => {
  upstreamFails(500, { message: "boom", type: "server_error", code: null });
  const error = await failure(create());
  assert.ok(error instanceof OpenAI.InternalServerError, String(error));
  assert.equal(upstream.requests.length, 2);
});

test("a 500 that passes is never seen by the client", async () => {
  upstream.respond = (_, response) =>
    upstream.requests.length === 1
      ? sendJson(response, 500, { error: { message: "boom" } })
      : sendJson(response, 200, completion("hello"));
  assert.equal((await create()).choices[0].message.content, "hello");
});

test("our final refusal tells the client not to ask again, and it does not", async () => {
  upstreamFails(500, { message: "boom", type: "server_error", code: null });
  const patient = gateway.client({ maxRetries: 2 });
  const error = await failure(patient.chat.completions.create({ model: "bot", messages }));
  assert.equal(error.headers.get("x-should-retry"), "false");
  assert.ok(error.requestID);
  assert.equal(upstream.requests.length, 2, "the gateway's two tries, and none of the client's");
});

test("a dead upstream is a server error that names no secret", async () => {
  const dead = await Gateway.start("http://127.0.0.1:9/v1");
  try {
    const error = await failure(dead.client().chat.completions.create({ model: "bot", messages }));
    assert.ok(error instanceof OpenAI.InternalServerError, String(error));
    assert.ok(!JSON.stringify(error.error).includes("sk-of-the"));
  } finally {
    await dead.stop();
  }
});

test("a stream that dies in the middle ends in an error, not in an end", async () => {
  upstream.respond = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${JSON.stringify(chunk({ content: "half an ans" }))}\n\n`, () =>
      response.destroy());
  };
  const seen = [];
  const error = await failure((async () => {
    for await (const part of await create({ stream: true }))
      seen.push(part.choices[0]?.finish_reason);
  })());
  assert.ok(error instanceof OpenAI.APIError, String(error));
  assert.ok(!seen.includes("stop"));
  assert.equal(upstream.requests.length, 1, "nothing is sent again after the first released byte");
});

test("a client that aborts a stream frees the upstream at once", async () => {
  upstream.respond = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${JSON.stringify(chunk({ content: "first" }))}\n\n`);
  };
  const stream = await create({ stream: true });
  for await (const part of stream) {
    assert.equal(part.choices[0].delta.content, "first");
    stream.controller.abort();
    break;
  }
  const gone = await soon(upstream.requests[0].gone, "the upstream's socket closes", 2000);
  assert.ok(gone.early);
});

test("a client that aborts while it waits frees the upstream at once", async () => {
  upstream.respond = () => {};
  const arrived = upstream.nextRequest();
  const controller = new AbortController();
  const asked = failure(create({}, { signal: controller.signal }));
  const request = await soon(arrived, "the request reaches the upstream");
  controller.abort();
  assert.ok((await asked) instanceof OpenAI.APIUserAbortError);
  assert.ok((await soon(request.gone, "the upstream's socket closes", 2000)).early);
});

test("an answer that breaks its contract never leaves, and is asked for again", async () => {
  const strict = await Gateway.start(upstream.url, { feature: "output: {json: true}" });
  try {
    upstream.respond = (_, response) =>
      sendJson(response, 200, completion(upstream.requests.length === 1 ? "Sure!" : '{"a":1}'));
    const asked = { model: "bot", messages };
    const answer = await strict.client().chat.completions.create(asked);
    assert.equal(answer.choices[0].message.content, '{"a":1}');
    assert.equal(upstream.requests.length, 2);
    upstream.respond = (_, response) => sendJson(response, 200, completion("Sure!"));
    const error = await failure(strict.client().chat.completions.create(asked));
    assert.ok(error instanceof OpenAI.APIError, String(error));
    assert.ok(!JSON.stringify(error.error).includes("Sure!"), "the refused text was shown");
  } finally {
    await strict.stop();
  }
});

test("SIGTERM lets a running stream finish and then exits 0", async () => {
  const leaving = await Gateway.start(upstream.url);
  let finish;
  upstream.respond = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${JSON.stringify(chunk({ content: "one" }))}\n\n`);
    finish = () => response.end(`data: ${JSON.stringify(chunk({}, "stop"))}\n\ndata: [DONE]\n\n`);
  };
  const asked = { model: "bot", messages, stream: true };
  const stream = await leaving.client().chat.completions.create(asked);
  const parts = stream[Symbol.asyncIterator]();
  await parts.next();
  const stopped = leaving.stop();
  finish();
  let last;
  for (let part = await parts.next(); !part.done; part = await parts.next()) last = part.value;
  assert.equal(last.choices[0].finish_reason, "stop");
  assert.equal(await soon(stopped, "the gateway exits", 10_000), 0);
});

test("the simulated provider says the same about an aborted stream", async () => {
  const simulator = await Simulator.start(["--between-tokens", "50ms", "--tokens", "400"]);
  const before = await Gateway.start(`${simulator.url}/v1`);
  try {
    const asked = { model: "bot", messages, stream: true };
    const stream = await before.client().chat.completions.create(asked);
    for await (const _ of stream) break;
    const closed = async () => {
      for (;;) {
        const stats = await simulator.stats();
        if (stats.closed_by_peer === 1 && stats.in_flight === 0) return stats;
      }
    };
    assert.equal((await soon(closed(), "the simulator sees the socket close")).requests, 1);
  } finally {
    await before.stop();
    await simulator.stop();
  }
});
