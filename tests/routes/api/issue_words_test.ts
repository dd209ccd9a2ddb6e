import { assertEquals } from "@std/assert";
import { routesWorld } from "../world.ts";

Deno.test("what is wrong with a field is said in words, not in those of the validator", async () => {
  await using world = await routesWorld({ agent: false });
  const cases: [Record<string, unknown>, string][] = [
    [{ priority: 1.5 }, "A whole number"],
    [{ priority: "high" }, "A number"],
    [{ priority: 2_000_000 }, "At most 1000000"],
    [{ max_attempts: 0 }, "At least 1"],
    [{ max_budget_usd: 0 }, "More than 0"],
    [{ mode: "fast" }, "One of execute, plan"],
    [{ land: "yes" }, "Only auto is accepted"],
    [{ repo: "" }, "It is empty"],
    [{ base: "x".repeat(256) }, "At most 255 characters"],
    [{ base: "a b" }, "No spaces or control characters"],
    [{ depends_on: 7 }, "A list"],
    [{ labels: "gpu" }, "An object"],
    [{ commit_reminder: "no" }, "true or false"],
    [{ prompt: undefined }, "It is missing"],
    [{ title: 7 }, "A text"],
    [{ colour: "red" }, "There is no such field"],
  ];
  for (const [field, words] of cases) {
    const { errors } = await world.json(422, "/api/tasks", { json: { prompt: "Do it", ...field } });
    assertEquals(errors, [{ path: Object.keys(field)[0], message: words }]);
  }
});
