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

Deno.test("placesIn() knows names in any letters, in brackets and without an ending", () => {
  const whole = [
    ...["app/[id]/page.tsx:12", "app/(auth)/p.tsx:3", "app/[[...slug]].tsx:4", "(auth)/p.tsx:3", "routes/$id.tsx:4"],
    ...["src/ä.ts:3", "src/e\u0301.ts:3", "文/件.py:7", "Makefile:12", "main.cs:4", "App.swift:3", "notes.txt:1"],
  ];
  for (const one of whole) {
    const path = one.slice(0, one.lastIndexOf(":"));
    assertEquals(placesIn(one, null).map((place) => place.path), [path], one);
    assertEquals(placesIn(`(see ${one}), [${one}](x)`, null).map((place) => place.path), [path, path], one);
  }
  // A name that is only the end of one is none, rather than another file.
  assertEquals(found("src/a b.ts:4 and `docs/x y.md:2`"), []);
  assertEquals(found("in src/ b.ts:4; src/a.ts b.ts:4, foo(src/a.ts:1), f(x):3").length, 3);
});

Deno.test("placesIn() takes linear time", () => {
  const startedAt = performance.now();
  for (const piece of ["a/", "a+", "a.", "a:1", "/", "@", "a-.", "a.ts:1 ", "a()", "(a", "[[a", "a[b]/", "a b/"]) {
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
