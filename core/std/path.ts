// See async.ts for why this module exists. Each function by its own file: all of them together are read in tens of milliseconds.

// @ts-types="./path.d.ts"
export { basename } from "deno-std/path/basename.js";
// @ts-types="./path.d.ts"
export { SEPARATOR } from "deno-std/path/constants.js";
// @ts-types="./path.d.ts"
export { dirname } from "deno-std/path/dirname.js";
// @ts-types="./path.d.ts"
export { fromFileUrl } from "deno-std/path/from_file_url.js";
// @ts-types="./path.d.ts"
export { isAbsolute } from "deno-std/path/is_absolute.js";
// @ts-types="./path.d.ts"
export { join } from "deno-std/path/join.js";
// @ts-types="./path.d.ts"
export { relative } from "deno-std/path/relative.js";
// @ts-types="./path.d.ts"
export { resolve } from "deno-std/path/resolve.js";
// @ts-types="./path.d.ts"
export { toFileUrl } from "deno-std/path/to_file_url.js";
