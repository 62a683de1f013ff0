// Goal: the frameworks that people use change their base URL and nothing else,
// whichever dialect the provider behind the gateway speaks.
// Method: the AI SDK, LangChain and OpenAI's agents from npm, the gateway's binary
// and upstreams of every dialect, over real sockets.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import {
  Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, setTracingDisabled, tool,
} from "@openai/agents";
import { Output, generateText, stepCountIs, streamText, tool as aiTool } from "ai";
import { z } from "zod";
import { Behind, dialects } from "./behind.mjs";

const all = {};
before(async () => {
  setTracingDisabled(true);
  for (const dialect of dialects) all[dialect] = await Behind.start(dialect);
});
after(async () => {
  for (const behind of Object.values(all)) await behind.stop();
});

function everywhere(name, act) {
  for (const dialect of dialects) test(`${name}, before ${dialect}`, async () => act(all[dialect]));
}

const call = { id: "call_1", name: "weather", input: { city: "Oslo" } };
const city = z.object({ city: z.string() });
const key = "sk-of-the-client";

/** The three doors as the AI SDK knows them. */
function aiModels({ gateway }) {
  const openai = createOpenAI({ baseURL: gateway.url, apiKey: key });
  const anthropic = createAnthropic({ baseURL: gateway.url, apiKey: key });
  return { responses: openai("bot"), chat: openai.chat("bot"), messages: anthropic("bot") };
}

for (const door of ["responses", "chat", "messages"]) {
  everywhere(`ai: ${door}: a text, whole and streamed`, async (behind) => {
    const model = aiModels(behind)[door];
    behind.say({ text: "hello there", thought: "hm" });
    const whole = await generateText({ model, prompt: "hi", maxRetries: 0 });
    assert.equal(whole.text, "hello there");
    assert.equal(whole.finishReason, "stop");
    assert.equal(whole.usage.outputTokens, 3);
    let streamed = "";
    const stream = streamText({ model, prompt: "hi", maxRetries: 0 });
    for await (const piece of stream.textStream) streamed += piece;
    assert.equal(streamed, "hello there");
    assert.equal(await stream.finishReason, "stop");
    assert.equal((await stream.usage).outputTokens, 3);
  });

  everywhere(`ai: ${door}: a tool runs between two steps`, async (behind) => {
    const model = aiModels(behind)[door];
    const seen = [];
    const weather = aiTool({ description: "d", inputSchema: city,
      execute: async (input) => { seen.push(input); return "rain"; } });
    behind.say({ calls: [call] }, { text: "rain in Oslo" });
    const options = { model, prompt: "weather?", tools: { weather }, stopWhen: stepCountIs(3) };
    assert.equal((await generateText(options)).text, "rain in Oslo");
    behind.say({ calls: [call] }, { text: "rain in Oslo" });
    assert.equal(await streamText(options).text, "rain in Oslo");
    assert.deepEqual(seen, [{ city: "Oslo" }, { city: "Oslo" }]);
    assert.ok(behind.asked[1].includes("rain"));
  });

  everywhere(`ai: ${door}: an object that follows a schema`, async (behind) => {
    // Of a model that it does not know, one door asks for the object as a tool's input.
    if (door === "messages") behind.say({ calls: [{ ...call, name: "json" }] });
    else behind.say({ text: '{"city":"Oslo"}' });
    const made = await generateText({ model: aiModels(behind)[door], prompt: "where?",
      output: Output.object({ schema: city }) });
    assert.deepEqual(made.output, { city: "Oslo" });
  });
}

for (const useResponsesApi of [false, true]) {
  const door = useResponsesApi ? "responses" : "chat";
  const made = (behind) => new ChatOpenAI({
    model: "bot", apiKey: key, maxRetries: 0, useResponsesApi,
    configuration: { baseURL: behind.gateway.url },
  });

  everywhere(`langchain: ${door}: a text, whole and streamed`, async (behind) => {
    behind.say({ text: "hello there" });
    const whole = await made(behind).invoke([new HumanMessage("hi")]);
    assert.equal(whole.text, "hello there");
    assert.equal(whole.usage_metadata.output_tokens, 3);
    let streamed = "";
    for await (const piece of await made(behind).stream("hi")) streamed += piece.text;
    assert.equal(streamed, "hello there");
  });

  everywhere(`langchain: ${door}: a tool's call and its result`, async (behind) => {
    behind.say({ calls: [call] }, { text: "rain in Oslo" });
    const model = made(behind).bindTools([{ name: "weather", description: "d", schema: city }]);
    const asked = [new HumanMessage("weather?")];
    const first = await model.invoke(asked);
    assert.deepEqual(first.tool_calls.map(({ name, args }) => ({ name, args })),
      [{ name: "weather", args: { city: "Oslo" } }]);
    asked.push(first, new ToolMessage({ content: "rain", tool_call_id: first.tool_calls[0].id }));
    assert.equal((await model.invoke(asked)).text, "rain in Oslo");
  });

  everywhere(`langchain: ${door}: an object that follows a schema`, async (behind) => {
    behind.say({ text: '{"city":"Oslo"}' });
    const model = made(behind).withStructuredOutput(city, { method: "jsonSchema", name: "place" });
    assert.deepEqual(await model.invoke("where?"), { city: "Oslo" });
  });
}

const agentModels = { responses: OpenAIResponsesModel, chat: OpenAIChatCompletionsModel };
for (const [door, Model] of Object.entries(agentModels)) {
  const agent = (behind, seen) => new Agent({
    name: "a", instructions: "be brief", model: new Model(behind.gateway.client(), "bot"),
    tools: [tool({ name: "weather", description: "d", parameters: city,
      execute: async (input) => { seen.push(input); return "rain"; } })],
  });

  everywhere(`agents: ${door}: the loop runs to its end, whole and streamed`, async (behind) => {
    const seen = [];
    behind.say({ thought: "hm", calls: [call] }, { text: "rain in Oslo" });
    const whole = await new Runner().run(agent(behind, seen), "weather?");
    assert.equal(whole.finalOutput, "rain in Oslo");
    behind.say({ thought: "hm", calls: [call] }, { text: "rain in Oslo" });
    const streamed = await new Runner().run(agent(behind, seen), "weather?", { stream: true });
    await streamed.completed;
    assert.equal(streamed.finalOutput, "rain in Oslo");
    assert.deepEqual(seen, [{ city: "Oslo" }, { city: "Oslo" }]);
  });
}
