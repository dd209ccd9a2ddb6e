// See async.ts for why this module exists.

// @ts-types="./toml.d.ts"
export { parse as parseToml } from "deno-std/toml/parse.js";
