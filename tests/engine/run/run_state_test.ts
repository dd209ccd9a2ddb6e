// The rules of a run, as `given(inputs).when(input).then(phase, effects)`.

import { assertEquals } from "@std/assert";
import type { BackgroundTask, NewEvent } from "../../../core/domain/event.ts";
import { accountOf } from "../../../core/engine/run/agent_facts.ts";
import { verdictOf } from "../../../core/engine/run/run_end.ts";
import {
  advance,
  type Effect,
  factsOf,
  isCutOff,
  isSessionRefused,
  newRun,
  type RunInput,
  type RunState,
  stopOf,
} from "../../../core/engine/run/run_state.ts";
import type { AgentResult } from "../../../core/process/agent.ts";

const tests: BackgroundTask = { id: "b1", kind: "local_bash", description: "Long tests" };
const exit = { code: 0, signal: null };
const failed = { code: 1, signal: null };

const started: RunInput = { type: "started" };
const said = (...events: NewEvent[]): RunInput => ({ type: "said", step: { type: "events", events, bytes: 1 } });
const words = said({ type: "output.text", data: { text: "Hello" } });
const noise = said({ type: "output.raw", data: { text: "{}" } } as NewEvent);
const ofSubagent = said({ type: "output.text", data: { text: "Hello", subagent: "s1" } });
const complaint = said({ type: "output.stderr", data: { text: "No conversation found\n" } });
const turn: RunInput = { type: "said", step: { type: "turn" } };
const background = (...tasks: BackgroundTask[]): RunInput => ({ type: "said", step: { type: "background", tasks } });
const plan: RunInput = { type: "said", step: { type: "plan", plan: "Do it" } };
const cancel: RunInput = { type: "stop", reason: "cancelled", error: null };
const timeout: RunInput = { type: "stop", reason: "timed_out", error: "Time limit of 2 s reached" };
const fence: RunInput = { type: "write_refused", isFenced: true };
const kill: RunInput = { type: "kill" };
const stepStarted: RunInput = { type: "step_started" };
const stepOver: RunInput = { type: "step_over" };
const sessionOver: RunInput = { type: "session_over" };
const silence: RunInput = { type: "said_nothing", seconds: 60, since: "2026-01-05T09:00:00.000Z" };
const silent: RunInput = { type: "fell_silent", mode: "plan" };

function result(own: Partial<AgentResult> = {}): RunInput {
  const usage = { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 };
  const good = { ok: true, subtype: "success", text: "Done", plan: "Done", apiErrorStatus: null, limitResetsAt: null };
  return { type: "said", step: { type: "result", result: { ...good, usage, costUsd: 1, sessionTotal: null, ...own } } };
}

/** An effect by its type, a record by the types of its events. */
function named(effect: Effect): string {
  return effect.type === "record" ? effect.events.map(({ type }) => type).join() : effect.type;
}

function given(...before: RunInput[]) {
  const state = before.reduce((state: RunState, input) => advance(state, input).state, newRun);
  return {
    state,
    when(input: RunInput) {
      const after = advance(state, input);
      return {
        ...after,
        then(phase: RunState["phase"], ...effects: string[]) {
          assertEquals([after.state.phase, ...after.effects.map(named)], [phase, ...effects]);
        },
      };
    },
  };
}

/** The verdict on an agent that is gone. */
function verdict(state: RunState, how = exit) {
  return verdictOf(factsOf(state, how));
}

Deno.test("a run talks from its agent's start to a result, then it closes stdin and waits for the exit", () => {
  given().when(started).then("talking");
  given(started).when(words).then("talking", "stop_waiting");
  given(started).when(noise).then("talking");
  const { when } = given(started, words);
  when(result()).then("waiting", "await_exit");
  assertEquals(verdict(when(result()).state), { outcome: "succeeded", error: null });
});

Deno.test("a run ends nothing at a result while background work lives, and waits for the turn about its end", () => {
  const begun = [started, background(tests)];
  given(started).when(background(tests)).then("talking", "background.changed");
  given(...begun).when(result()).then("waiting", "stop_waiting", "background.changed");
  given(...begun, result()).when(noise).then("waiting");
  given(...begun, result()).when(background()).then("waiting", "await_turn", "background.changed");
  const ended = [...begun, result(), background()];
  given(...ended).when(noise).then("waiting", "await_turn");
  given(...ended).when(turn).then("talking", "stop_waiting");
  given(...ended, turn).when(result()).then("waiting", "await_exit");
  given(...ended).when({ type: "no_turn_came" }).then("waiting", "await_exit");
  given(...ended, turn).when({ type: "no_turn_came" }).then("talking");
});

Deno.test("a run keeps stdin open for a turn about work that ended before the result, once", () => {
  const ended = [started, background(tests), background()];
  given(...ended).when(result()).then("waiting", "await_turn");
  given(...ended, result(), { type: "no_turn_came" }).when(noise).then("waiting", "await_exit");
  // Stdin cannot be opened again, so no second turn is awaited.
  given(...ended, result(), { type: "no_turn_came" }, turn, background(tests), background()).when(result())
    .then("waiting", "await_exit");
});

Deno.test("a run says what works in the background, and whether it waits for it", () => {
  const tell = (effects: readonly Effect[]) =>
    effects.flatMap((effect) => effect.type === "record" ? effect.events.map(({ data }) => data) : []);
  assertEquals(tell(given(started).when(background(tests)).effects), [{ tasks: [tests], waiting: false }]);
  assertEquals(tell(given(started, background(tests)).when(result()).effects), [{ tasks: [tests], waiting: true }]);
  assertEquals(tell(given(started, background(tests), cancel).when(result()).effects), [
    { tasks: [tests], waiting: true },
  ]);
  assertEquals(tell(given(started, result()).when(background()).effects), [{ tasks: [], waiting: false }]);
});

Deno.test("a run begins the wait for the exit anew with each further line, and ends it when the agent goes on", () => {
  given(started, result()).when(noise).then("waiting", "await_exit");
  given(started, result()).when(ofSubagent).then("waiting", "await_exit");
  given(started, result()).when(words).then("talking", "stop_waiting");
});

Deno.test("a run ends an agent that does not exit after its result, and it succeeded nevertheless", () => {
  const { when } = given(started, result());
  when({ type: "did_not_exit" }).then("waiting", "end");
  const killed = { code: null, signal: "SIGKILL" } as unknown as typeof exit;
  assertEquals(verdict(when({ type: "did_not_exit" }).state, killed).outcome, "succeeded");
  assertEquals(verdict(given(started, result()).state, killed).outcome, "failed");
});

Deno.test("a stop before the agent is there has nobody to speak to until it is started", () => {
  given().when(cancel).then("stopping");
  given(cancel).when(started).then("stopping", "interrupt");
  given().when(kill).then("killed");
  given(kill).when(started).then("killed", "end");
});

Deno.test("the first stop counts, and the agent may say how it ends", () => {
  given(started).when(cancel).then("stopping", "interrupt");
  given(started, cancel).when(timeout).then("stopping");
  given(started, cancel).when(result({ ok: false })).then("stopping", "await_exit");
  given(started, cancel).when(words).then("stopping", "stop_waiting");
  assertEquals(verdict(given(started, cancel, timeout, result()).state), { outcome: "cancelled", error: null });
});

Deno.test("a good result at rest before the first stop wins; one that waits for background work does not", () => {
  assertEquals(verdict(given(started, result(), cancel).state).outcome, "succeeded");
  assertEquals(verdict(given(started, result({ ok: false }), cancel).state).outcome, "cancelled");
  assertEquals(verdict(given(started, result(), turn, cancel).state).outcome, "cancelled");
  assertEquals(verdict(given(started, background(tests), result(), cancel).state).outcome, "cancelled");
});

Deno.test("a stop keeps what worked in the background then, though the agent takes it from its list", () => {
  const { state } = given(started, background(tests), result(), timeout, background());
  assertEquals(stopOf(state)?.living, [tests]);
  assertEquals(verdict(state), {
    outcome: "timed_out",
    error: "Time limit of 2 s reached; its background work was ended: Long tests",
  });
});

Deno.test("a kill ends the agent without grace, and keeps the reason of an earlier stop", () => {
  const { state } = given(started).when(kill);
  assertEquals([isCutOff(state), stopOf(state)?.reason], [true, "lost"]);
  given(started, cancel).when(kill).then("killed", "end");
  const stopped = given(started, cancel, kill).state;
  assertEquals([isCutOff(stopped), stopOf(stopped)?.reason], [true, "cancelled"]);
  assertEquals(isCutOff(given(started, cancel).state), false);
});

Deno.test("a fenced run ends its agent at once and says nothing more", () => {
  given(started).when(fence).then("fenced", "end");
  assertEquals(isCutOff(given(started, fence).state), true);
  for (const input of [plan, background(tests), result(), cancel, kill, words, silence, silent]) {
    given(started, words, fence).when(input).then("fenced");
  }
  given(fence).when(started).then("fenced", "end");
});

Deno.test("a log that takes no more for another reason ends the agent with a grace, and the run goes on to its end", () => {
  const { when } = given(started);
  when({ type: "write_refused", isFenced: false }).then("talking", "end");
  assertEquals(isCutOff(when({ type: "write_refused", isFenced: false }).state), false);
});

Deno.test("a run that is over takes nothing more", () => {
  for (const before of [[], [started], [started, cancel], [started, fence]]) {
    for (const input of [started, words, cancel, kill, fence, silence]) {
      given(...before, { type: "ended" }).when(input).then("over");
    }
  }
});

Deno.test("an agent that never says anything stalls; a later silence is recorded with its background work", () => {
  given(started).when(silence).then("stopping", "interrupt");
  assertEquals(verdict(given(started, complaint, silence).state), {
    outcome: "stalled",
    error: "The agent said nothing for 60 s after its start",
  });
  const { state, effects } = given(started, words, background(tests)).when(silence);
  const silent: NewEvent = {
    type: "run.silent",
    data: { since: "2026-01-05T09:00:00.000Z", background: "Long tests" },
  };
  assertEquals(effects, [{ type: "record", events: [silent], bytes: 0 }]);
  assertEquals(state.agent.isSilent, true);
});

Deno.test("a silence is recorded once, and so is its end", () => {
  const over: RunInput = { type: "silence_over", seconds: 700 };
  given(started, words).when(over).then("talking");
  given(started, words, silence).when(silence).then("talking");
  given(started, words, silence).when(over).then("talking", "run.silence_ended");
  given(started, words, silence, over).when(over).then("talking");
  given(started, words, silence, over).when(silence).then("talking", "run.silent");
});

Deno.test("a plan is recorded once; in plan mode a good result without one is the plan", () => {
  given(started).when(plan).then("talking", "plan.proposed");
  given(started, plan).when(plan).then("talking");
  given(started, result()).when(silent).then("waiting", "plan.proposed");
  given(started, plan, result()).when(silent).then("waiting");
  given(started, result({ ok: false })).when(silent).then("waiting");
  given(started, cancel, result()).when(silent).then("stopping");
  // A stop that comes upon the good result does not make the task complete without anybody's approval.
  given(started, result(), cancel).when(silent).then("stopping", "plan.proposed");
  assertEquals(verdict(given(started, result(), cancel, silent).state).outcome, "planned");
  given(started, result()).when({ type: "fell_silent", mode: "execute" }).then("waiting");
  assertEquals(verdict(given(started, plan, cancel).state).outcome, "planned");
});

Deno.test("an environment that refuses pauses the run, and the latest word on how long counts", () => {
  const refused = (until: number | null): RunInput => ({ type: "refused_by_environment", reason: "Overloaded", until });
  const { state } = given(started, refused(1), refused(2), refused(null));
  assertEquals([state.agent.pausedUntil, verdict(state)], [2, { outcome: "paused", error: "Overloaded" }]);
});

Deno.test("a session is refused when its agent ends in failure before it says anything, and not by our doing", () => {
  assertEquals(isSessionRefused(given(started, complaint, result({ ok: false })).state, failed), true);
  assertEquals(isSessionRefused(given(started).state, exit), false);
  for (const input of [words, plan, cancel, kill, fence]) {
    assertEquals(isSessionRefused(given(started, input).state, failed), false);
  }
});

Deno.test("a new session knows nothing of the one that was refused", () => {
  const anew = [started, complaint, background(tests), result({ ok: false }), { type: "session_refused" } as const];
  given(started, result({ ok: false })).when({ type: "session_refused" }).then("preparing");
  given(...anew).when(cancel).then("stopping");
  given(...anew).when(started).then("talking");
  assertEquals(verdict(given(...anew, started).state, failed), {
    outcome: "failed",
    error: "The agent ended with exit code 1 and no result",
  });
});

Deno.test("accountOf() adds what was counted after the agent's last account, where it is known", () => {
  const counted = (estimated_cost_usd?: number) =>
    said({ type: "usage.counted", data: { estimated_cost_usd } } as unknown as NewEvent);
  const cost = (...inputs: RunInput[]) => {
    const { usage: _, ...cost } = accountOf(given(started, ...inputs).state.agent);
    return cost;
  };
  assertEquals(cost(counted(1)), { cost_usd: null });
  assertEquals(cost(counted(1), result()), { cost_usd: 1, cost_basis: "reported" });
  assertEquals(cost(result(), counted(0.5), counted(0.25)), { cost_usd: 1.75, cost_basis: "estimated" });
  assertEquals(cost(result(), counted(0.5), counted()), { cost_usd: 1, cost_basis: "unknown" });
  assertEquals(cost(result(), counted(), result({ costUsd: 3 })), { cost_usd: 3, cost_basis: "reported" });
});

Deno.test("a command of the repository is ended by a stop, at once when the lease is gone, and a session may follow it", () => {
  given().when(stepStarted).then("step");
  given(stepStarted).when(stepOver).then("preparing");
  given(stepStarted).when(cancel).then("stopping", "end");
  given(stepStarted).when(kill).then("killed", "end");
  given(stepStarted).when(fence).then("fenced", "end");
  // Stopped while it was being started.
  given(cancel).when(stepStarted).then("stopping", "end");
  given(stepStarted, cancel).when(stepOver).then("stopping");
  given(stepStarted, stepOver).when(started).then("talking");
  assertEquals(verdict(given(stepStarted, timeout, stepOver).state), {
    outcome: "timed_out",
    error: "Time limit of 2 s reached",
  });
});

Deno.test("a session that did well is followed by another, and the run comes to what both came to", () => {
  const { state } = given(started, words, result({ costUsd: 1, text: "First" }), sessionOver);
  assertEquals([state.phase, state.agent.result, state.agent.hasSpoken], ["preparing", null, false]);
  const usage = { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 };
  assertEquals(accountOf(state.agent), { usage, cost_usd: 1, cost_basis: "reported" });
  assertEquals(state.agent.spent?.result, "First");
  const second = given(started, words, result(), sessionOver, started, words, result({ costUsd: 2 })).state;
  const both = { input_tokens: 2, output_tokens: 2, cache_read_tokens: 0, cache_write_tokens: 0 };
  assertEquals(accountOf(second.agent), { usage: both, cost_usd: 3, cost_basis: "reported" });
  assertEquals(verdict(second), { outcome: "succeeded", error: null });
  // What the second was heard to answer and did not account for is not known.
  const counted = said({ type: "usage.counted", data: {} } as unknown as NewEvent);
  const cut = given(started, result(), sessionOver, started, counted).state;
  assertEquals(accountOf(cut.agent), { usage, cost_usd: 1, cost_basis: "unknown" });
});
