import { assertEquals } from "@std/assert";
import { placesIn, withinWorktree } from "../../../islands/parts/places.ts";

function found(text: string): string[] {
  return placesIn(text, "/w/task-1").map(({ path, line, from, to }) => `${path} ${line} ${text.slice(from, to)}`);
}

Deno.test("placesIn() finds places in files of the repository, and nothing else that has a colon and a number", () => {
  assertEquals(found("at src/a.ts:12 (./b.py:3:4), `test/x-y.test.ts:41`; /w/task-1/src/c.go:7: bad, README.md:1-3"), [
    "src/a.ts 12 src/a.ts:12",
    "b.py 3 ./b.py:3:4",
    "test/x-y.test.ts 41 test/x-y.test.ts:41",
    "src/c.go 7 /w/task-1/src/c.go:7",
    "README.md 1 README.md:1",
  ]);
  const none = "http://127.0.0.1:8000/a.ts:3 12:30:10 localhost:8000 /etc/a.ts:1 ../x.ts:1 a/../b.ts:1 1.2.3:4 x:y:1";
  assertEquals(found(none), []);
});

Deno.test("placesIn() takes linear time", () => {
  const startedAt = performance.now();
  for (const piece of ["a/", "a+", "a.", "a:1", "/", "@", "a-.", "a.ts:1 "]) {
    placesIn(piece.repeat(400_000 / piece.length), null);
  }
  assertEquals(performance.now() - startedAt < 10_000, true);
});

Deno.test("withinWorktree() keeps paths of the repository, and no others", () => {
  const paths = ["/w/task-1/src/a.ts", "./a.ts", "a/b", "/w/task-10/a", "/etc/x", "..", "a/../b", "a//b", ""];
  assertEquals(paths.map((path) => withinWorktree(path, "/w/task-1")), [
    ...["src/a.ts", "a.ts", "a/b"],
    ...[null, null, null, null, null, null],
  ]);
});
