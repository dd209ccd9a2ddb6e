// What the comparison page shows, as the server hands it over.

import type { CostBasis, Outcome } from "../../core/domain/event.ts";
import type { Status, StepFact } from "../../core/domain/task.ts";
import type { Attempt } from "./attempt.ts";

/** One side: a task as it stands, or one of its runs. */
export interface ComparedWork extends Attempt {
  title: string;
  status: Status;
  /** Of the run, or of the task's last. */
  outcome: Outcome | null;
  check: Pick<StepFact, "outcome" | "duration_ms"> | null;
  /** US dollars. */
  cost_usd: number | null;
  cost_basis: CostBasis;
  duration_ms: number | null;
  lines_added: number | null;
  lines_removed: number | null;
  output_tokens: number | null;
}

export interface Comparison {
  a: ComparedWork;
  b: ComparedWork;
  /** The start of what leads from the files of `a` to those of `b`; null where `error` says why there is none. */
  diff: string | null;
  error: string | null;
}
