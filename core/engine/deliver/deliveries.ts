// Every line of messages that the service's log asks for, for as long as it does: a webhook that is made, changed or turned off
// begins, begins anew or ends its line. A line whose host this worker may not call is left to the others.

import { type Automation, noAutomation } from "../../domain/automation.ts";
import type { KnownWorkers } from "../../domain/worker.ts";
import type { EngineContext } from "../context.ts";
import { WakeUp } from "../dispatch/wake_up.ts";
import { githubLine, githubReceiver } from "./github_receiver.ts";
import { Line, type Receiver } from "./line.ts";
import type { WebhookSecret } from "./webhook_message.ts";
import { webhookLine, webhookReceiver } from "./webhook_receiver.ts";

const lookMs = 60_000;

interface Wanted {
  /** When this is another text, the line begins anew. */
  settings: string;
  /** Null: this worker may not call its host. */
  receiver: Receiver | null;
}

interface Running {
  settings: string;
  line: Line;
  stop(): Promise<void>;
}

export interface DeliveriesParts {
  /** The other workers as they were seen last. */
  lease: { readonly known: KnownWorkers; readonly hasLooked: boolean };
}

export class Deliveries {
  readonly #context: EngineContext;
  readonly #parts: DeliveriesParts;
  readonly #running = new Map<string, Running>();
  readonly #wakeUp = new WakeUp();

  constructor(context: EngineContext, parts: DeliveriesParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Looks anew at all lines. */
  readonly wake = (): void => {
    this.#wakeUp.wake();
    for (const { line } of this.#running.values()) line.wake();
  };

  /** Looks anew at one of them, if it runs here. */
  wakeLine(name: string): void {
    this.#running.get(name)?.line.wake();
  }

  /** Keeps the lines going until `signal` aborts; resolves when none is. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, clock, warn } = this.#context;
    const look = () => this.#wakeUp.wake();
    const unsubscribe = store.tail.subscribe(({ heads }) => void (heads.some(({ id }) => id === 0) && look()));
    signal.addEventListener("abort", look, { once: true });
    while (!signal.aborted) {
      await this.#follow(signal).catch((error) => warn("Cannot look at the webhooks", error));
      const clear = clock.timer(lookMs, look);
      if (!signal.aborted) await this.#wakeUp.next();
      clear();
    }
    unsubscribe();
    await Promise.all([...this.#running.values()].map(({ stop }) => stop()));
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const wanted = await this.#wanted((await this.#context.store.log.head(0))?.automation ?? noAutomation);
    for (const [name, { settings, stop }] of this.#running) {
      if (wanted.get(name)?.settings === settings) continue;
      await stop();
      this.#running.delete(name);
    }
    for (const [name, { settings, receiver }] of wanted) {
      if (this.#running.has(name) || signal.aborted) continue;
      if (receiver === null) {
        // It may have had the line when it still might.
        await this.#context.store.outbox.release(name, this.#context.worker.id);
        continue;
      }
      const line = new Line(this.#context, receiver, {
        isAlive: (worker) => this.#isAlive(worker),
        post: (request, signal) => this.#context.poster.post(request, { signal }),
      });
      const own = new AbortController();
      const done = line.run(AbortSignal.any([signal, own.signal]));
      this.#running.set(name, { settings, line, stop: () => (own.abort(), done) });
    }
  }

  async #wanted({ webhooks, github }: Automation): Promise<Map<string, Wanted>> {
    const { store: { outbox }, poster } = this.#context;
    const wanted = new Map<string, Wanted>();
    for (const webhook of webhooks.filter(({ enabled }) => enabled)) {
      const secret = await outbox.secret<WebhookSecret>(webhook.secret);
      const mayRun = secret !== null && poster.obstacle(secret.url) === null;
      const receiver = mayRun ? webhookReceiver(this.#context, webhook, secret) : null;
      wanted.set(webhookLine(webhook), { settings: JSON.stringify(webhook), receiver });
    }
    if (github?.token) {
      const token = await outbox.secret<string>(github.token);
      const receiver = token === null ? null : githubReceiver(this.#context, github, token);
      wanted.set(githubLine, { settings: JSON.stringify(github), receiver });
    }
    return wanted;
  }

  #isAlive(worker: string): boolean {
    const { known, hasLooked } = this.#parts.lease;
    if (!hasLooked) return true;
    const state = known.get(worker)?.state;
    return state === "alive" || state === "silent";
  }
}
