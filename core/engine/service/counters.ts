// What this process has written to the store since it began, in numbers that only grow.

import { type Outcome, outcomes, type Usage } from "../../domain/event.ts";
import { addUsage, noUsage } from "../../domain/usage.ts";
import type { Committed } from "../../kv/group_commit.ts";
import type { LiveTail } from "../../kv/live_tail.ts";

export interface Counted {
  /** Commits that wrote events. */
  commits: number;
  /** Events by type. */
  events: ReadonlyMap<string, number>;
  /** Finished runs. */
  runs: Readonly<Record<Outcome, number>>;
  cost_usd: number;
  tokens: Usage;
}

export interface Counters {
  readonly counted: Counted;
  close(): void;
}

export function counters(tail: LiveTail): Counters {
  const events = new Map<string, number>();
  const runs = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  const counted = { commits: 0, events, runs, cost_usd: 0, tokens: noUsage };
  /** Tokens of open runs, by task. */
  const open = new Map<number, Usage>();

  function count({ events: written }: Committed): void {
    counted.commits++;
    for (const { event } of written) {
      events.set(event.type, (events.get(event.type) ?? 0) + 1);
      // One that another worker closed never finishes here.
      if (event.type === "run.claimed") open.delete(event.task);
      else if (event.type === "usage.counted") {
        open.set(event.task, addUsage(open.get(event.task) ?? noUsage, event.data));
        counted.tokens = addUsage(counted.tokens, event.data);
      } else if (event.type === "run.finished") {
        const { outcome, cost_usd, usage } = event.data;
        runs[outcome]++;
        counted.cost_usd += cost_usd;
        if (usage) counted.tokens = addUsage(counted.tokens, missing(usage, open.get(event.task) ?? noUsage));
        open.delete(event.task);
      }
    }
  }

  return { counted, close: tail.subscribeOwn(count) };
}

/** What the agent's account of a run has beyond what was counted while it ran; the larger of both holds, as in the task. */
function missing(account: Usage, seen: Usage): Usage {
  return {
    input_tokens: Math.max(0, account.input_tokens - seen.input_tokens),
    output_tokens: Math.max(0, account.output_tokens - seen.output_tokens),
    cache_read_tokens: Math.max(0, account.cache_read_tokens - seen.cache_read_tokens),
    cache_write_tokens: Math.max(0, account.cache_write_tokens - seen.cache_write_tokens),
  };
}
