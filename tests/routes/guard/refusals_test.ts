import { assertEquals } from "@std/assert";
import { refusals } from "../../../routes/guard/refusals.ts";

Deno.test("refusals() says the first of each kind at once, then at most one a minute with their number", () => {
  let now = 0;
  const said: string[] = [];
  const refused = refusals((message) => said.push(message), () => now);
  for (let n = 0; n < 1_500; n++) refused("Too many");
  refused("Too large");
  assertEquals(said, ["Too many", "Too large"]);
  now = 61_000;
  refused("Too many");
  refused("Too many");
  assertEquals(said.slice(2), ["Too many (1,500 times since this was said last)"]);
});
