// The same answers from every kind of upstream, so that one suite can be run
// before all of them.
import {
  Gateway, Upstream, chunk, completion, eventsOf, message, sendEvents, sendJson, sendStream,
} from "./rig.mjs";

/** In words of no dialect: { text, thought, calls: [{ id, name, input }], cutOff }. */
const speakers = {
  openai: {
    whole: (response, answer) => sendJson(response, 200, completion(answer.text ?? null, {
      choices: [{ index: 0, finish_reason: chatFinish(answer),
        message: { role: "assistant", content: answer.text ?? null, refusal: null,
          ...(answer.thought && { reasoning_content: answer.thought }),
          ...(answer.calls && { tool_calls: answer.calls.map(chatCall) }) } }],
    })),
    stream: (response, answer) => sendStream(response, [
      chunk({ role: "assistant", content: "" }),
      ...(answer.thought ? [chunk({ reasoning_content: answer.thought })] : []),
      ...split(answer.text).map((content) => chunk({ content })),
      ...(answer.calls ?? []).flatMap((call, index) => [
        chunk({ tool_calls: [{ index, ...chatCall({ ...call, input: undefined }) }] }),
        ...split(JSON.stringify(call.input)).map((text) =>
          chunk({ tool_calls: [{ index, function: { arguments: text } }] })),
      ]),
      chunk({}, chatFinish(answer)),
    ]),
  },
  anthropic: {
    whole: (response, answer) =>
      sendJson(response, 200, message(blocks(answer), { stop_reason: stopReason(answer) })),
    stream: (response, answer) =>
      sendEvents(response, eventsOf(blocks(answer), stopReason(answer))),
  },
  openai_responses: {
    whole: (response, answer) => sendJson(response, 200, responseObject(answer)),
    stream: (response, answer) => sendEvents(response, responseEvents(answer)),
  },
  gemini: {
    whole: (response, answer) => sendJson(response, 200, generated(geminiParts(answer), answer)),
    stream: (response, answer) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const part of geminiParts(answer).flatMap(geminiPieces))
        response.write(`data: ${JSON.stringify(generated([part]))}\r\n\r\n`);
      response.write(`data: ${JSON.stringify(generated([], answer))}\r\n\r\n`);
      response.end();
    },
  },
};

const endOf = (cutOff, calls, end) => (answer) =>
  answer.cutOff ? cutOff : answer.calls ? calls : end;
const chatFinish = endOf("length", "tool_calls", "stop");
const stopReason = endOf("max_tokens", "tool_use", "end_turn");
const chatCall = ({ id, name, input }) =>
  ({ id, type: "function", function: { name, arguments: JSON.stringify(input) ?? "" } });
const split = (text = "") => text.match(/.{1,4}/gs) ?? [];

function blocks({ text, thought, calls = [] }) {
  return [
    ...(thought ? [{ type: "thinking", thinking: thought, signature: "c2ln" }] : []),
    ...(text ? [{ type: "text", text }] : []),
    ...calls.map((call) => ({ type: "tool_use", ...call })),
  ];
}

const geminiParts = ({ text, thought, calls = [] }) => [
  ...(thought ? [{ text: thought, thought: true }] : []),
  ...(text ? [{ text }] : []),
  ...calls.map(({ id, name, input }) =>
    ({ functionCall: { id, name, args: input }, thoughtSignature: "c2ln" })),
];
const geminiPieces = (part) =>
  part.text ? split(part.text).map((text) => ({ ...part, text })) : [part];

/** A response of Gemini; with `answer` it is the last one. */
function generated(parts, answer) {
  const finishReason = answer && (answer.cutOff ? "MAX_TOKENS" : "STOP");
  return {
    candidates: [{ content: { role: "model", parts }, index: 0, ...(answer && { finishReason }) }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 3, totalTokenCount: 12 },
    modelVersion: "upstream-model", responseId: "r1",
  };
}

function items({ text, thought, calls = [] }) {
  return [
    ...(thought
      ? [{ type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: thought }] }]
      : []),
    ...(text ? [{ type: "message", id: "msg_1", status: "completed", role: "assistant",
      content: [{ type: "output_text", text, annotations: [], logprobs: [] }] }] : []),
    ...calls.map(({ id, name, input }) => ({ type: "function_call", id: `fc_${id}`, call_id: id,
      name, arguments: JSON.stringify(input), status: "completed" })),
  ];
}

function responseObject(answer, more = {}) {
  return {
    id: "resp_1", object: "response", created_at: 1700000000, model: "upstream-model",
    status: answer.cutOff ? "incomplete" : "completed", error: null,
    incomplete_details: answer.cutOff ? { reason: "max_output_tokens" } : null,
    instructions: null, metadata: {}, tools: [], tool_choice: "auto", parallel_tool_calls: true,
    temperature: 1, top_p: 1, output: items(answer),
    usage: { input_tokens: 9, input_tokens_details: { cached_tokens: 0 }, output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 12 }, ...more,
  };
}

const added = (output_index, item) => ({ type: "response.output_item.added", output_index, item });

function saidEvents(item, at) {
  const part = { type: "output_text", text: "", annotations: [] };
  return [
    added(at.output_index, { ...item, content: [] }),
    { type: "response.content_part.added", ...at, content_index: 0, part },
    ...split(item.content[0].text).map((delta) =>
      ({ type: "response.output_text.delta", ...at, content_index: 0, delta })),
  ];
}

function thoughtEvents(item, at) {
  const part = { type: "summary_text", text: "" };
  return [
    added(at.output_index, { ...item, summary: [] }),
    { type: "response.reasoning_summary_part.added", ...at, summary_index: 0, part },
    ...split(item.summary[0].text).map((delta) =>
      ({ type: "response.reasoning_summary_text.delta", ...at, summary_index: 0, delta })),
  ];
}

function responseEvents(answer) {
  const open = responseObject(answer, { status: "in_progress", output: [], usage: null });
  const events = [{ type: "response.created", response: open }];
  items(answer).forEach((item, output_index) => {
    const at = { output_index, item_id: item.id };
    if (item.type === "function_call") {
      events.push(added(output_index, { ...item, arguments: "" }));
      for (const delta of split(item.arguments))
        events.push({ type: "response.function_call_arguments.delta", ...at, delta });
    } else {
      events.push(...(item.type === "message" ? saidEvents(item, at) : thoughtEvents(item, at)));
    }
    events.push({ type: "response.output_item.done", output_index, item });
  });
  const type = answer.cutOff ? "response.incomplete" : "response.completed";
  events.push({ type, response: responseObject(answer) });
  return events.map((event, sequence_number) => ({ ...event, sequence_number }));
}

export const dialects = Object.keys(speakers);

/** An upstream that speaks `dialect`, and a gateway before it. */
export class Behind {
  static async start(dialect, options = {}) {
    const behind = new Behind();
    behind.dialect = dialect;
    behind.upstream = await Upstream.start();
    behind.gateway = await Gateway.start(behind.upstream.url, { dialect, ...options });
    return behind;
  }

  /** Sets what is answered, one after the other; the last one stays. */
  say(...answers) {
    this.upstream.requests.length = 0;
    let turn = 0;
    this.upstream.respond = (request, response) => {
      const answer = answers[Math.min(turn++, answers.length - 1)];
      const streams = request.json.stream || request.url.includes("streamGenerateContent");
      speakers[this.dialect][streams ? "stream" : "whole"](response, answer);
    };
  }

  /** What the upstream was asked, as text. */
  get asked() {
    return this.upstream.requests.map((request) => request.text);
  }

  async stop() {
    await this.gateway.stop();
    await this.upstream.stop();
  }
}
