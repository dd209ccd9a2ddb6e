import { assert, assertEquals, assertThrows } from "@std/assert";
import { mutants } from "./all.ts";
import { breakGuard, type Mutant } from "./mutant.ts";

const mutant: Mutant = { name: "two are one", file: "sum.ts", text: "a + b", broken: "a", tests: [] };

Deno.test("each guard of the list is where the list says, exactly once, and has tests", async () => {
  assert(mutants.length >= 40);
  assertEquals(new Set(mutants.map(({ name }) => name)).size, mutants.length);
  for (const one of mutants) {
    const content = await Deno.readTextFile(one.file);
    assert(breakGuard(content, one) !== content, one.name);
    assert(one.tests.length > 0, one.name);
    for (const test of one.tests) await Deno.stat(test);
  }
});

Deno.test("breakGuard() changes that text alone, and refuses a list that is older than the file", () => {
  assertEquals(breakGuard("sum = a + b;", mutant), "sum = a;");
  assertThrows(() => breakGuard("sum = b + a;", mutant), Error, "two are one: its text is not in sum.ts");
  assertThrows(() => breakGuard("a + b + a + b", mutant), Error, "more than once");
});
