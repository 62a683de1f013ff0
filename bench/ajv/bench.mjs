// Prints the median nanoseconds that ajv's generated code takes for the JSON text in
// the file that is named, with the schema of bench_schema.cc.
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";

const schema = {
  type: "object", additionalProperties: false, required: ["id", "customer", "total", "lines"],
  properties: {
    id: { type: "string", pattern: "^INV-[0-9]+$" },
    customer: { type: "string", minLength: 1, maxLength: 80 },
    currency: { enum: ["EUR", "USD", "GBP"] }, total: { type: "number", minimum: 0 },
    paid: { type: "boolean" },
    lines: { type: "array", minItems: 1, items: {
      type: "object", additionalProperties: false, required: ["sku", "quantity", "price"],
      properties: {
        sku: { type: "string", maxLength: 20 }, quantity: { type: "integer", minimum: 1 },
        price: { type: "number", minimum: 0 }, note: { type: ["string", "null"] },
      } } },
  },
};
const validate = new Ajv({ strict: false }).compile(schema);
const value = JSON.parse(readFileSync(process.argv[2], "utf8"));
let sink = 0;
const round = (repeats) => {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < repeats; ++i) sink += validate(value) ? 1 : 0;
  return Number(process.hrtime.bigint() - begin) / repeats;
};
for (let i = 0; i < 5; ++i) round(20000); // the compiler warms up
const all = Array.from({ length: 11 }, () => round(20000)).sort((a, b) => a - b);
if (sink === 0) process.exit(1);
console.log(all[5].toFixed(1));
