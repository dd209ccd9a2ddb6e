// See async.ts for why this module exists.

// @ts-types="./bytes.d.ts"
export { concat } from "deno-std/bytes/concat.js";
