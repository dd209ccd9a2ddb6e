// Tokens and costs of several runs or answers together. Pure.

import type { CostBasis, Usage } from "./event.ts";

export const noUsage: Usage = { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    cache_read_tokens: a.cache_read_tokens + b.cache_read_tokens,
    cache_write_tokens: a.cache_write_tokens + b.cache_write_tokens,
  };
}

export function largerUsage(a: Usage, b: Usage): Usage {
  return {
    input_tokens: Math.max(a.input_tokens, b.input_tokens),
    output_tokens: Math.max(a.output_tokens, b.output_tokens),
    cache_read_tokens: Math.max(a.cache_read_tokens, b.cache_read_tokens),
    cache_write_tokens: Math.max(a.cache_write_tokens, b.cache_write_tokens),
  };
}

const bases: readonly CostBasis[] = ["reported", "estimated", "unknown"];

/** Of two costs together. */
export function lessSure(a: CostBasis, b: CostBasis): CostBasis {
  return bases.indexOf(a) > bases.indexOf(b) ? a : b;
}

/**
 * What a run costs that ends without the agent's own account of it: what its counted answers cost, where that can be known.
 */
export function unreportedCost(
  { asked, counted, estimated_cost_usd }: { asked: boolean; counted: number; estimated_cost_usd: number | null },
): { cost_usd: number; cost_basis: CostBasis } {
  if (!asked) return { cost_usd: 0, cost_basis: "reported" };
  if (counted === 0 || estimated_cost_usd === null) return { cost_usd: 0, cost_basis: "unknown" };
  return { cost_usd: estimated_cost_usd, cost_basis: "estimated" };
}
