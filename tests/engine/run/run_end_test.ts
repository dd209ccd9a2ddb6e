import { assertEquals } from "@std/assert";
import { resetTimeOf, type RunFacts, verdictOf } from "../../../core/engine/run/run_end.ts";
import type { AgentResult } from "../../../core/process/agent.ts";

const facts = (own: Partial<RunFacts>): RunFacts => ({
  planned: false,
  stop: null,
  result: null,
  exit: { code: 0, signal: null },
  overstayed: false,
  stderr: "",
  living: [],
  isTurnOpen: false,
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
  const stop = { reason: "cancelled" as const, error: null, living: [] };
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
  const now = Date.parse("2026-11-24T18:23:10.500Z");
  assertEquals(resetTimeOf(limit, now), 1_764_000_000_000);
  assertEquals(resetTimeOf("Claude AI usage limit reached", now), null);
  const until = (text: string) => new Date(resetTimeOf(text, now)!).toISOString();
  assertEquals(until("You've hit your limit · resets 7:23pm (UTC)"), "2026-11-24T19:23:00.000Z");
  assertEquals(until("You've hit your limit · resets 6pm (UTC)"), "2026-11-25T18:00:00.000Z");
  assertEquals(until("Limit reached; resets 9am (America/New_York)"), "2026-11-25T14:00:00.000Z");
  assertEquals(until("Limit reached, resets at 2026-11-25T01:02:03Z"), "2026-11-25T01:02:03.000Z");
  assertEquals(resetTimeOf("You've hit your limit · resets 7pm (Nowhere/Land)", now), null);
  assertEquals(verdictOf(facts({ result: result({ apiErrorStatus: 401 }) })).outcome, "paused");
});

Deno.test("verdictOf() never calls a run succeeded whose background work was ended", () => {
  const living = [{ id: "b1", kind: "local_bash", description: "Long tests" }];
  const good = result({ ok: true });
  const ended = { code: 143, signal: null };
  assertEquals(verdictOf(facts({ result: good, living })), {
    outcome: "failed",
    error: "The agent ended while background work still ran: Long tests",
  });
  const stop = { reason: "timed_out" as const, error: "Time limit of 2 s reached", hadGoodResult: false, living };
  assertEquals(verdictOf(facts({ result: good, stop, exit: ended })), {
    outcome: "timed_out",
    error: "Time limit of 2 s reached; its background work was ended: Long tests",
  });
  assertEquals(verdictOf(facts({ result: good, isTurnOpen: true })).outcome, "failed");
});
