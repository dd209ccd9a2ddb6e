import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Line, lineSplitter } from "../../../core/process/claude/line_splitter.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (lines: Line[]) => lines.map((line) => new TextDecoder().decode(line.bytes));

Deno.test("lineSplitter() splits on \\n only and keeps a last line without one", () => {
  const splitter = lineSplitter();
  assertEquals(decode(splitter.push(encode('{"a":"\\r\u2028"}\r\n\nlast'))), ['{"a":"\\r\u2028"}\r', ""]);
  assertEquals(decode(splitter.end()), ["last"]);
  assertEquals(splitter.end(), []);
});

Deno.test("lineSplitter() gives the same lines however the bytes are cut", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (chunks) => {
    const all = chunks.flatMap((chunk) => [...chunk]);
    const splitter = lineSplitter();
    const lines = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
    const joined = lines.flatMap((line, n) => n === 0 ? [...line.bytes] : [10, ...line.bytes]);
    assertEquals(all.at(-1) === 10 ? [...joined, 10] : joined, all);
    assert(lines.every((line) => line.whole && !line.bytes.includes(10)));
  }));
});

Deno.test("lineSplitter() hands a line over the cap out in pieces, losing nothing and cutting no character", () => {
  const splitter = lineSplitter({ maxBytes: 10 });
  const line = "äöü€😀".repeat(7);
  const bytes = encode(`${line}\nshort\n`);
  const pieces: Line[] = [];
  for (let at = 0; at < bytes.length; at += 3) pieces.push(...splitter.push(bytes.slice(at, at + 3)));
  const parts = pieces.slice(0, -1);
  assertEquals(decode(parts).join(""), line);
  assert(parts.length > 3 && parts.every((piece) => !piece.whole));
  assertEquals(pieces.at(-1)!.whole, true);
});

Deno.test("lineSplitter() takes linear time for one line of 50 MB", () => {
  const splitter = lineSplitter();
  const chunk = new Uint8Array(64 * 1024).fill(120);
  const startedAt = performance.now();
  for (let n = 0; n < 800; n++) splitter.push(chunk);
  const [line] = splitter.push(encode("\n"));
  assertEquals(line!.bytes.length, 800 * chunk.length);
  // A quadratic one takes 16 s.
  assert(performance.now() - startedAt < 3000);
});
