// The same measurement as bench/bench_tokens.cc with npm tiktoken (WASM):
// node npm.mjs FOLDER FILE..., where FOLDER/node_modules holds it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, ...paths] = process.argv.slice(2);
const { get_encoding } = createRequire(`${folder}/`)("tiktoken");

for (const path of paths) {
  const bytes = readFileSync(path).subarray(0, 100_000);
  const text = bytes.toString("utf8");
  for (const name of ["o200k_base", "cl100k_base"]) {
    const encoding = get_encoding(name);
    const seconds = [];
    let tokens = 0;
    for (let round = 0; round < 11; round++) {
      const begin = performance.now();
      tokens = encoding.encode_ordinary(text).length;
      seconds.push((performance.now() - begin) / 1e3);
    }
    seconds.sort((a, b) => a - b);
    const speed = (bytes.length / seconds[5] / 1e6).toFixed(2);
    console.log(`${path} ${name} ${speed} MB/s ${tokens} tokens`);
  }
}
