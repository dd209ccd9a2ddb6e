// The talk with an agent: pure. What it says comes in; where the talk stands, what is known of the agent, and what is to be
// done come out. It is the inside of a run's state (run_state.ts), for an agent that was told to stop may still speak.
//
// When an agent is done: a turn ends with a result, but the run goes on while something works in the background, because its
// end begins another turn, which may need stdin (a permission to ask for, a message to take).
//
//   result, nothing in the background               close stdin, then it has some seconds to exit
//   result, something in the background             wait: for the time limit, if need be
//   result, something ended during this turn        a turn about it may follow: close when none does
//   background empty, no turn open                  the same

import type { NewEvent } from "../../domain/event.ts";
import type { AgentStep } from "../../process/agent.ts";
import { type AgentFacts, isOfAgent, learn, nothingSinceResult } from "./agent_facts.ts";

/** How far the talk is. `isUnsettled`: background work came or went since the last result. */
export type Conversation =
  | { readonly phase: "preparing" }
  /** A command of the repository works, no agent. */
  | { readonly phase: "step" }
  | { readonly phase: "talking"; readonly isUnsettled: boolean }
  | { readonly phase: "waiting" };

/** What an agent says of itself. Its other steps are reasons to stop it. */
export type Said = Exclude<AgentStep, { type: "too_much" | "refused" }>;

export type TalkEffect =
  /** End the wait for the agent's next turn or exit. */
  | { type: "stop_waiting" }
  /** Give it some seconds to begin a turn. */
  | { type: "await_turn" }
  /** Close its stdin and give it some seconds to exit. */
  | { type: "await_exit" }
  /** Into the log. `bytes`: about what they weigh. */
  | { type: "record"; events: NewEvent[]; bytes: number };

/** Where a talk stands and what is known of its agent. */
export interface Talk {
  readonly conversation: Conversation;
  readonly agent: AgentFacts;
}

/** Where it stands next, and what is to be done. */
export interface Heard extends Talk {
  readonly effects: readonly TalkEffect[];
}

/** What follows from `step`. The events of a step are recorded by whoever reads it, for only they can be held back. */
export function hear({ conversation, agent }: Talk, step: Said): Heard {
  switch (step.type) {
    case "plan":
      return agent.hasPlanned ? { conversation, agent, effects: [] } : propose({ conversation, agent }, step.plan);
    case "turn":
      return talkOn({ conversation, agent });
    case "events": {
      const learned = learn(agent, step.events);
      if (isOfAgent(step.events)) return talkOn({ conversation, agent: learned });
      return { conversation, agent: learned, effects: conversation.phase === "waiting" ? waitAnew(learned) : [] };
    }
    case "result": {
      const mayGoOn = conversation.phase === "talking" && conversation.isUnsettled;
      const rested = rest({ ...agent, result: step.result, sinceResult: nothingSinceResult }, mayGoOn);
      return agent.living.length === 0 ? rested : tellBackground(rested);
    }
    case "background": {
      const changed = { ...agent, living: step.tasks };
      if (conversation.phase === "waiting") return tellBackground(rest(changed, true));
      return tellBackground({ conversation: { phase: "talking", isUnsettled: true }, agent: changed, effects: [] });
    }
  }
}

/** No turn followed the end of its background work: nothing more is expected of it but its exit. */
export function closeInput({ conversation, agent }: Talk): Heard {
  if (conversation.phase !== "waiting") return { conversation, agent, effects: [] };
  return { conversation, agent: { ...agent, isInputClosed: true }, effects: [{ type: "await_exit" }] };
}

/** Records a plan; of an agent that should plan and did not ask for approval, what it handed in or said last. */
export function propose({ conversation, agent }: Talk, plan: string): Heard {
  const events: NewEvent[] = [{ type: "plan.proposed", data: { plan } }];
  return {
    conversation,
    agent: { ...agent, hasPlanned: true },
    effects: [{ type: "record", events, bytes: plan.length }],
  };
}

function talkOn({ conversation, agent }: Talk): Heard {
  const talking = conversation.phase === "talking" ? conversation : { phase: "talking" as const, isUnsettled: false };
  return { conversation: talking, agent, effects: [{ type: "stop_waiting" }] };
}

/** The turn is over, or background work came or went after it. `mayGoOn`: a turn about work that ended may follow. */
function rest(agent: AgentFacts, mayGoOn: boolean): Heard {
  const conversation: Conversation = { phase: "waiting" };
  if (agent.living.length > 0) return { conversation, agent, effects: [{ type: "stop_waiting" }] };
  if (mayGoOn && !agent.isInputClosed) return { conversation, agent, effects: [{ type: "await_turn" }] };
  return closeInput({ conversation, agent });
}

/** The wait that begins anew with a line that says nothing about the agent's work. */
function waitAnew({ living, isInputClosed }: AgentFacts): TalkEffect[] {
  if (living.length > 0) return [];
  return [{ type: isInputClosed ? "await_exit" : "await_turn" }];
}

function tellBackground({ conversation, agent, effects }: Heard): Heard {
  const tasks = [...agent.living];
  const data = { tasks, waiting: conversation.phase === "waiting" && tasks.length > 0 };
  const events: NewEvent[] = [{ type: "background.changed", data }];
  return {
    conversation,
    agent,
    effects: [...effects, { type: "record", events, bytes: JSON.stringify(data).length }],
  };
}
