// The Deno standard library as npm carries it (`deno-std`), with the types that package leaves out. `deno.json` maps
// `@std/async` here, so the sources read as they would with JSR and moving there is one line.

// @ts-types="./async.d.ts"
export { deadline } from "deno-std/async/deadline.js";
// @ts-types="./async.d.ts"
export { delay } from "deno-std/async/delay.js";
