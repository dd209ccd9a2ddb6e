import { assertEquals } from "@std/assert";
import { resetTimeOf, type RunFacts, verdictOf } from "../../core/engine/run_end.ts";
import type { AgentResult } from "../../core/process/agent.ts";

const facts = (own: Partial<RunFacts>): RunFacts => ({
  planned: false,
  stop: null,
  result: null,
  exit: { code: 0, signal: null },
  overstayed: false,
  stderr: "",
  ...own,
});

function result(own: Partial<AgentResult>): AgentResult {
  return {
    ok: false,
    subtype: "success",
    text: "",
    usage: null,
    costUsd: 0,
    apiErrorStatus: null,
    ...own,
  } as AgentResult;
}

Deno.test("verdictOf() tells how an agent ended that left no result, and its last words", () => {
  assertEquals(verdictOf(facts({ exit: { code: 1, signal: null }, stderr: "Out of cheese\n" })), {
    outcome: "failed",
    error: "The agent ended with exit code 1 and no result: Out of cheese",
  });
  assertEquals(verdictOf(facts({ exit: { code: null, signal: "SIGKILL" } })), {
    outcome: "failed",
    error: "The agent ended with signal SIGKILL and no result",
  });
});

Deno.test("verdictOf() believes a good result read before a stop, and a stop before any other result", () => {
  const stop = { reason: "cancelled" as const, error: null };
  const exit = { code: 143, signal: null };
  const good = result({ ok: true });
  assertEquals(
    verdictOf(facts({ stop: { ...stop, hadGoodResult: true }, result: good, exit })).outcome,
    "succeeded",
  );
  assertEquals(
    verdictOf(facts({ stop: { ...stop, hadGoodResult: false }, result: good, exit })).outcome,
    "cancelled",
  );
});

Deno.test("verdictOf() pauses at usage limits and refused credentials, and resetTimeOf() reads when they end", () => {
  const limit = "Claude AI usage limit reached|1764000000";
  assertEquals(verdictOf(facts({ result: result({ text: limit }) })), { outcome: "paused", error: limit });
  assertEquals(resetTimeOf(limit), 1_764_000_000_000);
  assertEquals(resetTimeOf("Claude AI usage limit reached"), null);
  assertEquals(verdictOf(facts({ result: result({ apiErrorStatus: 401 }) })).outcome, "paused");
});
