// What is compared: the whole of a task, or one run of it; and how a link says so. Pure.

/** `run`: null for the task as it stands. */
export interface Attempt {
  task: number;
  run: number | null;
}

/** `12` or `12.1`; null for anything else. */
export function attemptOf(text: string | null | undefined): Attempt | null {
  const match = /^([1-9]\d{0,14})(?:\.([1-9]\d{0,8}))?$/.exec(text ?? "");
  return match ? { task: Number(match[1]), run: match[2] === undefined ? null : Number(match[2]) } : null;
}

/** The page that compares two of them. */
export function compareUrl(a: Attempt, b: Attempt): string {
  const word = ({ task, run }: Attempt) => run === null ? String(task) : `${task}.${run}`;
  return `/compare?a=${word(a)}&b=${word(b)}`;
}

/** The page that compares the last two runs whose files were kept; null where there are not two. */
export function lastRunsUrl({ id, points }: { id: number; points: readonly { name: string }[] }): string | null {
  const runs = points.flatMap(({ name }) => /^run-(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  const [a, b] = runs.slice(-2);
  return a === undefined || b === undefined ? null : compareUrl({ task: id, run: a }, { task: id, run: b });
}
