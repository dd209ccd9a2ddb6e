// The room of the bodies: its bound, whose turn it is, and that small ones get in while large ones wait.

import { assertEquals } from "@std/assert";
import { BodyRoom } from "../../../routes/guard/body_room.ts";

const mebibyte = 1_048_576;

function room({ waitMs = 30_000, waitingAtMost = 2 } = {}): BodyRoom {
  return new BodyRoom({ bytes: 8 * mebibyte, waitMs, waitingAtMost });
}

Deno.test("large bodies together take three eighths of the room; one more waits until another goes", async () => {
  const all = room();
  const first = all.enter();
  using second = all.enter();
  using third = all.enter();
  assertEquals([await first.grow(2 * mebibyte), await second.grow(mebibyte)], [true, true]);
  const inTime = third.grow(2 * mebibyte);
  assertEquals(third.held, 0);
  first[Symbol.dispose]();
  assertEquals([await inTime, third.held], [true, 2 * mebibyte]);
});

Deno.test("a small body has what large ones leave, and no more than that", async () => {
  const all = room();
  using large = all.enter();
  assertEquals(await large.grow(3 * mebibyte), true);
  using small = new DisposableStack();
  const grown = await Promise.all(Array.from({ length: 81 }, () => small.use(all.enter()).grow(65_536)));
  assertEquals(grown.filter((isIn) => isIn).length, 80);
});

Deno.test("who waits gets in by turn: a smaller one that came later does not go first", async () => {
  const all = room();
  const [first, other, second, third] = [all.enter(), all.enter(), all.enter(), all.enter()];
  await first.grow(mebibyte);
  await other.grow(mebibyte);
  const order: string[] = [];
  const waits = [
    second.grow(3 * mebibyte).then(() => order.push("large")),
    third.grow(mebibyte).then(() => order.push("smaller")),
  ];
  // The smaller one would fit now.
  first[Symbol.dispose]();
  assertEquals(third.held, 0);
  other[Symbol.dispose]();
  await waits[0];
  second[Symbol.dispose]();
  await waits[1];
  third[Symbol.dispose]();
  assertEquals(order, ["large", "smaller"]);
});

Deno.test("nobody waits longer than may be, nor more than may", async () => {
  const all = room({ waitMs: 1, waitingAtMost: 1 });
  using full = all.enter();
  await full.grow(3 * mebibyte);
  const [waits, isRefused] = [all.enter(), all.enter()];
  const late = waits.grow(mebibyte);
  assertEquals(await isRefused.grow(mebibyte), false);
  assertEquals([await late, waits.held], [false, 0]);
  waits[Symbol.dispose]();
});
