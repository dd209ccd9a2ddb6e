// Workers that somebody asked to claim nothing more. They finish what they run and land what is theirs; the wish stands until
// it is taken back, through restarts too. On a shared store any worker takes it down, and the one that is meant reads it
// where it reads the others' beats.

import type { EngineContext } from "../context.ts";
import { handleCommand } from "../handle_command.ts";

export class Drains {
  readonly #context: EngineContext;
  readonly #onChange: () => void;
  #draining: ReadonlySet<string> = new Set();
  /** Counts what this process changed itself. */
  #changes = 0;

  /** `onChange`: this worker drains now, or does no longer. */
  constructor(context: EngineContext, onChange: () => void) {
    this.#context = context;
    this.#onChange = onChange;
  }

  /** Whether this worker is to claim nothing. */
  get isDraining(): boolean {
    return this.has(this.#context.worker.id);
  }

  has(worker: string): boolean {
    return this.#draining.has(worker);
  }

  /** Learns what was asked of any worker before this process was there. */
  async load(): Promise<void> {
    this.#learn((await this.#context.store.beats.look()).draining);
  }

  /**
   * Called before the wishes are read; what it returns takes over what was read, unless this process changed one meanwhile:
   * that may be newer.
   */
  listen(): (draining: ReadonlySet<string>) => void {
    const changes = this.#changes;
    return (draining) => {
      if (changes === this.#changes) this.#learn(draining);
    };
  }

  /** Asks `worker` to drain, or to claim again. Nothing is written where that is so already. Rejects like a command. */
  async ask(worker: string, wanted: boolean, { by }: { by: string }): Promise<void> {
    const { store: { beats } } = this.#context;
    const { draining } = await beats.look();
    if (draining.has(worker) !== wanted) {
      const event = wanted
        ? { type: "service.draining" as const, data: { worker, by } }
        : { type: "service.resumed" as const, data: { worker } };
      await handleCommand(this.#context, 0, { type: "note", event }, { by, until: "answered" });
      await beats.askToDrain(worker, wanted);
    }
    this.#changes++;
    const next = new Set(draining);
    if (wanted) next.add(worker);
    else next.delete(worker);
    this.#learn(next);
  }

  #learn(draining: ReadonlySet<string>): void {
    const before = this.isDraining;
    this.#draining = draining;
    if (before !== this.isDraining) this.#onChange();
  }
}
