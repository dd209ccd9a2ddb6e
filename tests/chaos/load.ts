// Clients that never give up: each create is sent with its own Idempotency-Key until it is answered, whatever happens to the
// service meanwhile, and what was answered is written down.

import { delay } from "@std/async";
import type { TaskSpec } from "../../core/domain/task_spec.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { TestService } from "../support/service.ts";
import type { SeededRandom } from "../simulation/seeded_random.ts";

export interface Load {
  /** Titles (each also its create's key) and the ids they were answered with. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Creates `count` tasks of all kinds, some commands among them; resolves when every create is answered. */
  run(count: number): Promise<void>;
}

/** What a task may be asked to do, and how often. The last two are slow to start. */
const kinds: {
  weight: number;
  kind: string;
  spec: (random: SeededRandom) => Partial<TaskSpec> & { prompt: string };
}[] = [
  { weight: 8, kind: "work", spec: (random) => fake(`work ${random.integer(2, 12)}`) },
  { weight: 3, kind: "tree", spec: (random) => fake(`tree ${random.integer(2, 6)}`) },
  { weight: 1, kind: "loud", spec: () => fake("loud 2") },
  { weight: 1, kind: "crash", spec: () => fake("crash 4") },
  { weight: 1, kind: "stubborn", spec: () => ({ ...fake("stubborn 9"), timeout_seconds: 1 }) },
  { weight: 2, kind: "claude", spec: () => ({ prompt: "[[scenario:commit]]" }) },
  { weight: 1, kind: "demo", spec: () => ({ prompt: "A note", model: "demo" }) },
];

function fake(what: string): Partial<TaskSpec> & { prompt: string } {
  return { prompt: `[[fake:${what}]]`, model: "fake" };
}

export function load(service: () => TestService, random: SeededRandom): Load {
  const acknowledged = new Map<string, number>();

  async function create(title: string, spec: Partial<TaskSpec> & { prompt: string }): Promise<void> {
    for (;;) {
      try {
        const task = await service().createTask({ title, ...spec }, { "idempotency-key": title });
        acknowledged.set(title, task.id);
        return;
      } catch (error) {
        if (/POST .*: 4\d\d /.test(String(error))) throw error;
        // Down, or too busy: the same again, and the key makes it one.
        await delay(50);
      }
    }
  }

  /** A command that may well be refused; an answer that never came is no matter either. */
  async function disturb(): Promise<void> {
    const ids = [...acknowledged.values()];
    if (ids.length === 0) return;
    const id = random.pick(ids.slice(-8));
    const what = random.pick(["cancel", "messages", "retry", "edit"]);
    try {
      const json = what === "messages" ? { text: "Mind this" } : undefined;
      const response = what === "edit"
        ? await service().call(`/api/tasks/${id}`, { method: "PATCH", json: { priority: random.integer(-5, 5) } })
        : await service().call(`/api/tasks/${id}/${what}`, { method: "POST", json });
      await response.body?.cancel();
    } catch { /* it was down */ }
  }

  let made = 0;
  return {
    acknowledged,
    async run(count) {
      const asked: Promise<void>[] = [];
      for (let n = 0; n < count; n++) {
        const all = kinds.flatMap((one) => Array<typeof one>(one.weight).fill(one));
        const { kind, spec } = random.pick(all);
        const title = `${kind}-${++made}`;
        asked.push(create(title, { priority: random.integer(-2, 2), ...spec(random) }));
        await delay(random.between(5, 120));
        if (random.chance(0.15)) await disturb();
      }
      await Promise.all(asked);
    },
  };
}

/** Waits until every task is over; then null, else what still is not after `timeoutMs`. */
export async function allOver(service: TestService, { timeoutMs }: { timeoutMs: number }): Promise<string | null> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const { tasks } = await service.health();
    if (tasks.pending + tasks.in_progress + tasks.awaiting_approval === 0) return null;
    if (performance.now() > endsAt) break;
    await delay(100);
  }
  const { pause } = await service.health();
  const { tasks }: { tasks: TaskView[] } = await (await service.call("/api/tasks?limit=200")).json();
  const left = tasks.filter(({ completed_at }) => completed_at === null);
  const words = left.map(({ id, title, status, waiting, outcome, error }) =>
    `${id} "${title}" ${status} (${waiting ?? ""}; ${outcome} ${error})`
  );
  return `Not over after ${timeoutMs} ms${pause ? ` (${pause.reason})` : ""}: ${words.join("; ")}\n${service.output}`;
}
