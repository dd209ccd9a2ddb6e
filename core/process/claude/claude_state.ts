// What is remembered between the lines of one claude process, and what a line can mean.

import type { BackgroundTask, EventData, NewEvent } from "../../domain/event.ts";
import type { AgentResult } from "../agent.ts";
import type { BackgroundState } from "./claude_background.ts";
import { type CostState, newCostState, type Prices, type Spent } from "./claude_cost.ts";

/** What is remembered between the lines of one process. */
export interface ClaudeState {
  cost: CostState;
  background: BackgroundState;
  /** The session that `system/init` named last. */
  session: string | null;
  /** When a usage limit that was met is over, in ms since 1970. */
  limitResetsAt: number | null;
  /** What the agent itself said last, and the plan it handed in: a plan's request may lack it. */
  lastText: string;
  planInput: string;
  /** Changes of the agent's own list by the call that asked for each, until it is answered. */
  todoCalls: Map<string, EventData["todos.changed"]>;
  /** The folder that `system/init` named, to shorten paths in summaries. */
  cwd: string | null;
}

/** What one line means. */
export type ClaudeItem =
  | { type: "event"; event: NewEvent }
  | { type: "result"; result: AgentResult }
  | { type: "control"; control: ControlRequest }
  /** What lives in the background now. */
  | { type: "background"; tasks: BackgroundTask[] }
  /** A turn began: after a message, or because background work ended. */
  | { type: "turn" }
  /** The API refuses, and the next try is far away. `retryInMs`: how far, where it is said. */
  | { type: "refused"; reason: string; retryInMs: number | null };

/** claude asks its caller something and waits for the `control_response`. */
export interface ControlRequest {
  requestId: string;
  /** `can_use_tool` or another. */
  subtype: string;
  /** Of `can_use_tool`. */
  tool: string | null;
  /** The plan, when `tool` is ExitPlanMode: the request's own, else what the agent handed in, else its last words. */
  plan: string | null;
}

/**
 * The state before the first line.
 * @param isResumed whether the process goes on with an earlier session, which had used `before` where that is known
 * @param prices learned from the processes before; changed by this one's results
 */
export function newClaudeState(
  { isResumed = false, before = null, prices = new Map() }: {
    isResumed?: boolean;
    before?: Spent | null;
    prices?: Prices;
  } = {},
): ClaudeState {
  return {
    cost: newCostState({ isResumed, before, prices }),
    background: { living: [], listed: false },
    session: null,
    limitResetsAt: null,
    lastText: "",
    planInput: "",
    todoCalls: new Map(),
    cwd: null,
  };
}

/** Hands in a plan, in plan mode. */
export const planTool = "ExitPlanMode";

/** In the place of a plan that says nothing, for the person who is to approve it. */
const emptyPlan = "The agent handed in no plan: its request, its call and its last words are all empty. " +
  "Send it back with what you expect of a plan.";

/** The first of a plan's sources that says something. */
export function planOf(plan: string, { planInput, lastText }: Pick<ClaudeState, "planInput" | "lastText">): string {
  return [plan, planInput, lastText].find((text) => text.trim() !== "") ?? emptyPlan;
}

/** An event as an item. */
export function eventItem<T extends "output.raw" | "output.notice" | "agent.ready" | CountedType | OutputType>(
  type: T,
  data: EventData[T],
): ClaudeItem {
  return { type: "event", event: { type, data } as NewEvent };
}
type CountedType = "usage.counted" | "todos.changed";
type OutputType = "output.text" | "output.thinking" | "output.tool_use" | "output.tool_result";
