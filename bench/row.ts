// What a bench reports: one line of the table per measure, ours beside what it is measured against in the same run.

export type Unit = "ms" | "/s" | "MB/s" | "MB" | "KB" | "%" | "/cpu s" | "";

export interface Figure {
  value: number;
  unit: Unit;
}

export interface Row {
  measure: string;
  ours: Figure;
  /** The limit of the machine, or another program that does the same. */
  rival: (Figure & { name: string }) | null;
  /** Ours divided by the rival. */
  ratio: number | null;
  goal: string;
  /** Null: nothing is asked, it is only reported. */
  met: boolean | null;
  note?: string;
}

/** A goal on the ratio, or on our own figure when there is no rival. */
export type Goal = { atMost: number } | { atLeast: number };

export function row({ measure, ours, rival = null, goal, note }: {
  measure: string;
  ours: Figure;
  rival?: Row["rival"];
  goal?: Goal;
  note?: string;
}): Row {
  const ratio = rival ? ours.value / rival.value : null;
  const judged = ratio ?? ours.value;
  const unit = ratio === null ? ` ${ours.unit}` : "x";
  const rest = { measure, ours, rival, ratio, ...(note !== undefined && { note }) };
  if (!goal) return { ...rest, goal: "", met: null };
  return "atMost" in goal
    ? { ...rest, goal: `at most ${goal.atMost}${unit}`, met: judged <= goal.atMost }
    : { ...rest, goal: `at least ${goal.atLeast}${unit}`, met: judged >= goal.atLeast };
}

/** The value below which `share` of all lie. */
export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

export function median(values: number[]): number {
  return quantile(values, 0.5);
}

export function ms(value: number): Figure {
  return { value, unit: "ms" };
}

export function perSecond(value: number): Figure {
  return { value, unit: "/s" };
}

/** How long `action` takes, in ms. */
export async function timed(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}
