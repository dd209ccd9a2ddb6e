import { assertEquals } from "@std/assert";
import { errorsOf, unreadable } from "../../../islands/form/form_errors.ts";
import { Problem } from "../../../islands/stream/api.ts";

Deno.test("errorsOf() says of each limit what is accepted in the units of the form", () => {
  const errors = ["timeout_seconds", "silence_seconds", "priority", "constructor"].map((path) => ({
    path,
    message: "At most 604800",
  }));
  assertEquals(errorsOf(new Problem(422, { detail: "Wrong", errors })), {
    timeout_minutes: "More than 0 and at most 10,080 minutes, which is 7 days",
    silence_minutes: "At least 5 seconds and at most 10,080 minutes, which is 7 days",
    priority: "At most 604800",
    form: "Wrong. constructor: At most 604800",
  });
});

Deno.test("unreadable() names the fields whose text is no number", () => {
  const inputs = [["field-title", false], ["field-max_budget_usd", true]] as const;
  const errors = unreadable(inputs.map(([id, badInput]) => ({ id, validity: { badInput } })));
  assertEquals(errors, { max_budget_usd: "A number is needed" });
});
