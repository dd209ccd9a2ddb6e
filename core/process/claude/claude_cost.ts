// What one claude process used and cost, from its lines alone.
//
// Programs count in two ways, and their lines tell which. Older ones (2.1.197) begin at zero with each process. Newer ones
// (2.1.331) go on counting where the resumed session stopped, and say beside it what was used since the last result.
// Where that is not said, what the lines counted one by one decides which of the two the totals are nearer to.

import type { Usage } from "../../domain/event.ts";
import { addUsage, largerUsage, noUsage } from "../../domain/usage.ts";
import { countOf, isObject, type JsonObject, objectOf } from "./json_value.ts";

/** Tokens, and what they cost. */
export interface Spent {
  usage: Usage;
  /** US dollars. */
  costUsd: number;
}

/** What such tokens of a model cost, learned from the results of all processes of this program: model -> US dollars a unit. */
export type Prices = Map<string, number>;

/** What is remembered between the lines of one process. */
export interface CostState {
  /** Whether the process goes on with an earlier session. */
  isResumed: boolean;
  /** What that session had used before, where it is known. */
  before: Spent | null;
  prices: Prices;
  /** Message ids whose usage is counted. */
  counted: Set<string>;
  /** Their sum. */
  lines: Usage;
  /** Their sum since the last result, by model. */
  sinceResult: Map<string, Usage>;
  /** The `usage` of all results so far: each one counts its own turn only. */
  turns: Usage;
  /** What the results said was used since the one before; `null` once one did not say. */
  stretches: Spent | null;
  hasResult: boolean;
}

/** The state before the first line; `prices` is changed by every result. */
export function newCostState(
  { isResumed, before, prices }: { isResumed: boolean; before: Spent | null; prices: Prices },
): CostState {
  return {
    isResumed,
    before,
    prices,
    counted: new Set(),
    lines: noUsage,
    sinceResult: new Map(),
    turns: noUsage,
    stretches: { usage: noUsage, costUsd: 0 },
    hasResult: false,
  };
}

/** Tokens weighed by what they cost relative to each other, roughly, at any model: one number for `Prices`. */
function unitsOf({ input_tokens, output_tokens, cache_read_tokens, cache_write_tokens }: Usage): number {
  return input_tokens + 5 * output_tokens + 0.1 * cache_read_tokens + 1.25 * cache_write_tokens;
}

/** An answer names `claude-opus-4-8` where the result says `claude-opus-4-8[1m]`. */
function plainName(model: string): string {
  return model.replace(/\[[^\]]*\]$/, "");
}

/** Counts an answer of the model once; what it costs by what others did, or `undefined`. */
export function countAnswer(
  state: CostState,
  { id, model, usage }: { id: string; model: string; usage: Usage },
): { isNew: boolean; estimatedUsd?: number } {
  if (state.counted.has(id)) return { isNew: false };
  state.counted.add(id);
  state.lines = addUsage(state.lines, usage);
  const name = plainName(model);
  state.sinceResult.set(name, addUsage(state.sinceResult.get(name) ?? noUsage, usage));
  const price = state.prices.get(name);
  return { isNew: true, ...(price !== undefined && { estimatedUsd: price * unitsOf(usage) }) };
}

/**
 * What the process used up to this `result` line, and the session's total where the program counts by session; changes
 * `state`.
 */
export function spentUntil(message: JsonObject, state: CostState): { own: Spent; session: Spent | null } {
  const total = { usage: modelsUsage(message.modelUsage), costUsd: countOf(message.total_cost_usd) };
  // Of a turn that the budget ended, `usage` lacks the last answer; what is counted by model never counts too much.
  state.turns = addUsage(state.turns, usageOf(message.usage));
  const stretch = message.model_usage_since_last_result;
  const isFirst = !state.hasResult;
  state.hasResult = true;
  state.stretches = state.stretches && isObject(stretch)
    ? {
      usage: addUsage(state.stretches.usage, modelsUsage(stretch)),
      costUsd: state.stretches.costUsd + modelsCost(stretch),
    }
    : null;
  const goesOn = state.stretches === null && isContinued(total, state);
  learnPrices(isObject(stretch) ? stretch : isFirst && !goesOn ? message.modelUsage : null, state);
  if (!state.isResumed) return { own: { ...total, usage: largerUsage(state.turns, total.usage) }, session: total };
  if (state.stretches) {
    return { own: { ...state.stretches, usage: largerUsage(state.turns, state.stretches.usage) }, session: total };
  }
  if (goesOn) {
    const { usage, costUsd } = state.before!;
    const own = { usage: minus(total.usage, usage), costUsd: total.costUsd - costUsd };
    return { own: { ...own, usage: largerUsage(state.turns, own.usage) }, session: total };
  }
  return { own: { ...total, usage: largerUsage(state.turns, total.usage) }, session: null };
}

/** Whether totals count on from `before`: whether what the lines counted is nearer to the rest than to the whole. */
function isContinued(total: Spent, { before, turns, lines }: CostState): boolean {
  if (!before || total.costUsd < before.costUsd || tokensOf(total.usage) < tokensOf(before.usage)) return false;
  const own = tokensOf(largerUsage(turns, lines));
  return Math.abs(tokensOf(total.usage) - tokensOf(before.usage) - own) < Math.abs(tokensOf(total.usage) - own);
}

/** Takes from a result what the answers since the last one cost. */
function learnPrices(models: unknown, state: CostState): void {
  for (const [model, value] of Object.entries(objectOf(models))) {
    const name = plainName(model);
    const units = unitsOf(state.sinceResult.get(name) ?? noUsage);
    const cost = countOf(objectOf(value).costUSD);
    if (units > 0 && cost > 0) state.prices.set(name, cost / units);
  }
  state.sinceResult = new Map();
}

/** Of the Messages API's form. */
export function usageOf(value: unknown): Usage {
  const usage = objectOf(value);
  return {
    input_tokens: countOf(usage.input_tokens),
    output_tokens: countOf(usage.output_tokens),
    cache_read_tokens: countOf(usage.cache_read_input_tokens),
    cache_write_tokens: countOf(usage.cache_creation_input_tokens),
  };
}

function modelsUsage(models: unknown): Usage {
  let sum = noUsage;
  for (const value of Object.values(objectOf(models))) {
    const used = objectOf(value);
    sum = addUsage(sum, {
      input_tokens: countOf(used.inputTokens),
      output_tokens: countOf(used.outputTokens),
      cache_read_tokens: countOf(used.cacheReadInputTokens),
      cache_write_tokens: countOf(used.cacheCreationInputTokens),
    });
  }
  return sum;
}

function modelsCost(models: unknown): number {
  return Object.values(objectOf(models)).reduce<number>((sum, value) => sum + countOf(objectOf(value).costUSD), 0);
}

function minus(a: Usage, b: Usage): Usage {
  return {
    input_tokens: Math.max(0, a.input_tokens - b.input_tokens),
    output_tokens: Math.max(0, a.output_tokens - b.output_tokens),
    cache_read_tokens: Math.max(0, a.cache_read_tokens - b.cache_read_tokens),
    cache_write_tokens: Math.max(0, a.cache_write_tokens - b.cache_write_tokens),
  };
}

/** Without output: lines name an answer's output before it is written. */
function tokensOf({ input_tokens, cache_read_tokens, cache_write_tokens }: Usage): number {
  return input_tokens + cache_read_tokens + cache_write_tokens;
}
