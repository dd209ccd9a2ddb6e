// Receivers of webhooks, in a third of all simulations: they are slow, away, fail, or take a message and their answer gets lost.
// In the end each has had exactly the events that were asked for, those of a task in their order.

import { DomainError } from "../../core/domain/error.ts";
import type { EventType } from "../../core/domain/event.ts";
import type { WebhookSecret } from "../../core/engine/deliver/webhook_message.ts";
import type { Poster } from "../../core/process/post.ts";
import type { Process } from "./machine.ts";
import type { Node } from "./node.ts";
import type { Oracle } from "./oracle.ts";
import { type SeededRandom, seededRandom } from "./seeded_random.ts";
import type { SimulatedKv, StoredEntry } from "./simulated_kv.ts";
import type { World } from "./world.ts";

const types: EventType[] = [
  "task.created",
  "run.claimed",
  "run.finished",
  "task.completed",
  "task.failed",
  "output.text",
];

export class Receivers {
  readonly #random: SeededRandom;
  /** What came to each address, `task/seq`, in the order of its coming. */
  readonly #got = new Map<string, string[]>();
  readonly #isOn: boolean;
  #tries = 0;

  constructor(readonly world: World, readonly kv: SimulatedKv, readonly oracle: Oracle) {
    this.#random = seededRandom(world.seed + 104_729);
    this.#isOn = this.#random.chance(0.35);
  }

  /** How a process sends. */
  poster(process: Process): Poster {
    return {
      obstacle: () => null,
      post: async ({ url, body, headers }, { signal }) => {
        const random = this.#random;
        await process.wait(random.between(1, this.world.faulty ? 3_000 : 50));
        signal.throwIfAborted();
        const fate = this.world.faulty ? random.float() : 1;
        if (fate < 0.1) return { status: null, retryAfterSeconds: null, error: "Connection refused" };
        if (fate < 0.2) return { status: 500, retryAfterSeconds: null, error: null };
        const { data } = JSON.parse(body);
        if (!headers["webhook-id"]?.endsWith(`_${data.task}_${data.seq}`)) {
          this.world.violation(`a message has a wrong id`);
        }
        this.#got.set(url, [...this.#got.get(url) ?? [], `${data.task}/${data.seq}`]);
        await process.wait(random.between(1, 20));
        return fate < 0.3
          ? { status: null, retryAfterSeconds: null, error: "Connection reset" }
          : { status: 204, retryAfterSeconds: null, error: null };
      },
    };
  }

  /** A user makes one or two webhooks. */
  begin(nodes: Node[]): void {
    if (!this.#isOn) return;
    const random = this.#random;
    for (let n = random.integer(1, 2); n > 0; n--) {
      const events = types.filter(() => random.chance(0.5));
      if (events.length === 0) events.push("task.created");
      this.world.later(random.between(10, 20_000), null, () => void this.#create(nodes, events));
    }
  }

  async #create(nodes: Node[], events: EventType[]): Promise<void> {
    const service = nodes.map((node) => node.service).find((one) => one !== null);
    const url = `http://receiver/${++this.#tries}`;
    await service?.createWebhook({ name: url, url, format: "standard", events }, { by: "api" }).catch((error) => {
      if (!(error instanceof DomainError || this.world.faulty)) this.world.violation(`a webhook: ${error.stack}`);
    });
  }

  /** Whether each has what it is to have. */
  isSettled(): boolean {
    return this.#lines().every(({ wanted, got }) => wanted.every((one) => got.includes(one)));
  }

  /** Exactly what was asked for, and the first coming of a task's events in their order. */
  check(): void {
    for (const { id, wanted, got } of this.#lines()) {
      const first = [...new Set(got)];
      const byTask = Map.groupBy(first, (one) => Number(one.split("/")[0]));
      for (const one of first) if (!wanted.includes(one)) this.world.violation(`webhook ${id} was sent ${one}`);
      for (const one of wanted) if (!first.includes(one)) this.world.violation(`webhook ${id} was not sent ${one}`);
      for (const [task, its] of byTask) {
        const seqs = its.map((one) => Number(one.split("/")[1]));
        if (seqs.some((seq, at) => at > 0 && seq < seqs[at - 1]!)) {
          this.world.violation(`webhook ${id} was sent the events ${seqs} of task ${task}`);
        }
      }
    }
  }

  #lines(): { id: number; wanted: string[]; got: string[] }[] {
    const webhooks = this.oracle.histories.get(0)?.task.automation?.webhooks ?? [];
    if (webhooks.length === 0) return [];
    const commits = allOf(this.kv);
    return webhooks.map(({ id, after, events, secret, ended }) => {
      if (ended) this.world.violation(`webhook ${id} ended: ${ended.reason}`);
      const wanted = commits.filter(({ versionstamp }) => versionstamp > after).flatMap(({ value }) =>
        (value as [number, number, number][]).flatMap(([task, from, to]) =>
          this.oracle.histories.get(task)!.events.slice(from - 1, to)
            .filter(({ type }) => events.includes(type)).map(({ seq }) => `${task}/${seq}`)
        )
      );
      const kept = this.kv.get(["secret", secret])?.value as WebhookSecret | undefined;
      if (!kept) this.world.violation(`webhook ${id} has no address`);
      return { id, wanted, got: this.#got.get(kept?.url ?? "") ?? [] };
    });
  }
}

function allOf(kv: SimulatedKv): StoredEntry[] {
  const entries: StoredEntry[] = [];
  for (;;) {
    const last = entries.at(-1)?.key;
    const page = kv.list({ prefix: ["all"], ...(last && { start: last }) }, { limit: 1_000, reverse: false });
    entries.push(...page.slice(last ? 1 : 0));
    if (page.length < 1_000) return entries;
  }
}
