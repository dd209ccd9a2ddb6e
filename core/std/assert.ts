// See async.ts for why this module exists. For the tests.

// @ts-types="./assert.d.ts"
export {
  assert,
  assertEquals,
  assertExists,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "deno-std/assert/mod.js";
