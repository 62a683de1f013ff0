// What the suites stand on: an upstream that does what a test tells it, and the
// gateway as a process of its own, both on ports that the system picks.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

export const binary = process.env.PLIMSOLL_BIN ?? path.resolve("../../../build/dev/plimsoll");

/** An upstream that answers with `respond(request, response)`; `request.json` is
 * the parsed body. Keeps every request, and when each one's socket closed early. */
export class Upstream {
  requests = [];
  respond = (_request, response) => sendJson(response, 200, completion("hello"));

  static async start() {
    const upstream = new Upstream();
    upstream.server = http.createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      request.text = Buffer.concat(chunks).toString();
      request.json = request.text ? JSON.parse(request.text) : undefined;
      request.gone = new Promise((resolve) => {
        response.on("close", () => resolve({ early: !response.writableFinished, at: Date.now() }));
      });
      upstream.requests.push(request);
      upstream.arrived?.(request);
      upstream.respond(request, response);
    });
    upstream.server.listen(0, "127.0.0.1");
    await once(upstream.server, "listening");
    upstream.url = `http://127.0.0.1:${upstream.server.address().port}/v1`;
    return upstream;
  }

  /** The next request that arrives from now on. */
  nextRequest() {
    return new Promise((resolve) => (this.arrived = resolve));
  }

  async stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

export function sendJson(response, status, value, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}

export const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };

export function completion(content, more = {}) {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1700000000,
    model: "upstream-model",
    choices: [
      { index: 0, message: { role: "assistant", content, refusal: null }, finish_reason: "stop" },
    ],
    usage,
    ...more,
  };
}

export function chunk(delta, finish_reason = null, more = {}) {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1700000000,
    model: "upstream-model",
    choices: [{ index: 0, delta, finish_reason }],
    ...more,
  };
}

export function message(content, more = {}) {
  return {
    id: "msg_1", type: "message", role: "assistant", model: "upstream-model", content,
    stop_reason: "end_turn", stop_sequence: null,
    usage: { input_tokens: 9, output_tokens: 3 }, ...more,
  };
}

/** Streams `values` as Anthropic does: each under the name that its type is. */
export function sendEvents(response, values) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const value of values)
    response.write(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`);
  response.end();
}

/** The events of a message that holds these blocks, in small pieces. */
export function eventsOf(blocks, stop_reason = "end_turn") {
  const events = [{ type: "message_start", message: message([], { stop_reason: null }) }];
  blocks.forEach((block, index) => {
    events.push({ type: "content_block_start", index, content_block: emptied(block) });
    events.push({ type: "ping" });
    for (const delta of deltasOf(block)) events.push({ type: "content_block_delta", index, delta });
    events.push({ type: "content_block_stop", index });
  });
  const usage = { output_tokens: 3 };
  events.push({ type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage });
  return [...events, { type: "message_stop" }];
}

function emptied(block) {
  if (block.type === "text") return { ...block, text: "" };
  if (block.type === "thinking") return { ...block, thinking: "", signature: "" };
  return { ...block, input: {} };
}

function* deltasOf(block) {
  if (block.type === "text") yield* pieces(block.text, (text) => ({ type: "text_delta", text }));
  if (block.type === "thinking") {
    yield* pieces(block.thinking, (thinking) => ({ type: "thinking_delta", thinking }));
    yield { type: "signature_delta", signature: block.signature };
  }
  if (block.type === "tool_use")
    yield* pieces(JSON.stringify(block.input),
      (partial_json) => ({ type: "input_json_delta", partial_json }));
}

function* pieces(text, wrap, size = 4) {
  for (let at = 0; at < text.length; at += size) yield wrap(text.slice(at, at + size));
}

/** Streams `values` as events; the usage chunk and the end mark are added. */
export function sendStream(response, values, { asked = true } = {}) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const all = asked ? [...values, { ...chunk({}), choices: [], usage }] : values;
  for (const value of all) response.write(`data: ${JSON.stringify(value)}\n\n`);
  response.end("data: [DONE]\n\n");
}

function onePager(upstreamUrl, folder, options) {
  const { server = "auth: none", dialect = "openai", feature = "", tail = "" } = options;
  return `version: 1
server:
  listen: ["127.0.0.1:0"]
  admin: "off"
  ${server}
ledger: {folder: "${path.join(folder, "state")}"}
providers:
  up: {dialect: ${dialect}, base_url: "${upstreamUrl}", key: "env:UPSTREAM_KEY"}
models:
  fast: {provider: up, model: upstream-model, price: {input: 1, output: 2}}
features:
  bot:
    ladder: [{model: fast}]
    retry: {attempts: 2, backoff: 1ms, backoff_max: 2ms}
    ${feature}
${tail}`;
}

/** The gateway as users start it. */
export class Gateway {
  static async start(upstreamUrl, options = {}) {
    const gateway = new Gateway();
    gateway.folder = mkdtempSync(path.join(os.tmpdir(), "plimsoll-e2e-"));
    const file = path.join(gateway.folder, "plimsoll.yaml");
    writeFileSync(file, onePager(upstreamUrl, gateway.folder, options));
    gateway.process = spawn(binary, ["serve", "-c", file], {
      env: { ...process.env, PORT: undefined, UPSTREAM_KEY: "sk-of-the-gateway", ...options.env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    gateway.url = await firstMatch(gateway.process, /serves (http:\S+\/v1)/);
    return gateway;
  }

  client(options = {}) {
    return new OpenAI({ baseURL: this.url, apiKey: "sk-of-the-client", maxRetries: 0, ...options });
  }

  /** The base URL of Anthropic's clients has no version in it. */
  messagesClient(options = {}) {
    return new Anthropic({
      baseURL: this.url.replace(/\/v1$/, ""), apiKey: "sk-of-the-client", maxRetries: 0, ...options,
    });
  }

  /** Ends it as an operator would; its exit code. */
  async stop() {
    const ended = this.process.exitCode === null ? once(this.process, "exit") : null;
    this.process.kill("SIGTERM");
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
    return this.process.exitCode;
  }
}

/** The simulated provider, with flags. */
export class Simulator {
  static async start(flags = []) {
    const simulator = new Simulator();
    simulator.process = spawn(binary, ["sim", "--listen", "127.0.0.1:0", ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const address = await firstMatch(simulator.process, /listening on (127\.0\.0\.1:\d+)/);
    simulator.url = `http://${address}`;
    return simulator;
  }

  async stats() {
    return (await fetch(`${this.url}/sim/stats`)).json();
  }

  async stop() {
    const ended = this.process.exitCode === null ? once(this.process, "exit") : null;
    this.process.kill("SIGTERM");
    await ended;
  }
}

/** The first group of `pattern` in what the process prints. */
function firstMatch(child, pattern) {
  let said = "";
  return new Promise((resolve, reject) => {
    const listen = (bytes) => {
      said += bytes;
      const found = said.match(pattern);
      if (found) resolve(found[1]);
    };
    child.stdout?.on("data", listen);
    child.stderr?.on("data", listen);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`it exited ${code} and said: ${said}`)));
  });
}

/** A promise that must come true soon; the words say what was waited for. */
export function soon(promise, words, milliseconds = 5000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${milliseconds} ms: ${words}`)),
      milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
