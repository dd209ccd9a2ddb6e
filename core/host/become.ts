// Becomes another program, as `exec` in a shell does: the same process, so whoever waits for it, signals it or counts its
// memory goes on with what it became, and nothing of ours is left, our environment neither. Deno has no call for it, so it is
// made in the C library.

import { cLibrary } from "./c_library.ts";

/** Runs `program` in place of this one, with these arguments and variables alone, and with `input` to be read first from its stdin. */
export function become(
  program: string,
  args: string[],
  { env, input }: { env: Record<string, string>; input: string },
): never {
  if (cLibrary === undefined) throw new Error(`On ${Deno.build.os} no program can become another one`);
  const { symbols: c } = Deno.dlopen(cLibrary, {
    pipe: { parameters: ["buffer"], result: "i32" },
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    dup2: { parameters: ["i32", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  });
  // A pipe holds what was written to it, also when nobody has it open for writing any more.
  const ends = new Int32Array(2);
  const bytes = new TextEncoder().encode(input);
  if (c.pipe(ends) !== 0) throw new Error("No pipe could be made");
  const [reading, writing] = ends as unknown as [number, number];
  if (Number(c.write(writing, bytes, BigInt(bytes.length))) !== bytes.length) throw new Error("The pipe takes no more");
  c.dup2(reading, 0);
  c.close(reading);
  c.close(writing);
  const path = stringsInC([program]);
  const argv = stringsInC([program, ...args]);
  const variables = stringsInC(Object.entries(env).map(([name, value]) => `${name}=${value}`));
  c.execve(path.bytes, argv.pointers, variables.pointers);
  throw new Error(`Cannot run ${program}`);
}

/** Texts as C has them, and the list of where they are. The pointers hold for as long as both are held. */
function stringsInC(texts: string[]): { bytes: Uint8Array<ArrayBuffer>; pointers: BigUint64Array<ArrayBuffer> } {
  const encoded = texts.map((text) => new TextEncoder().encode(`${text}\0`));
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + length, 0));
  const pointers = new BigUint64Array(texts.length + 1);
  const at = Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
  let offset = 0;
  for (const [index, one] of encoded.entries()) {
    bytes.set(one, offset);
    pointers[index] = at + BigInt(offset);
    offset += one.length;
  }
  return { bytes, pointers };
}
