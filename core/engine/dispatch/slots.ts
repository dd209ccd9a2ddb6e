// How many runs there may be at once on this worker: as it was configured, or as somebody asked since. The wish stands until
// another one comes, through restarts too; on a shared store any worker takes it down for any other, which reads it when it
// reads the others' beats. Fewer slots end no run.

import { DomainError } from "../../domain/error.ts";
import type { EngineContext } from "../context.ts";
import { handleCommand } from "../handle_command.ts";

/** Runs at once that every worker may be asked for, whatever it was configured for. */
export const slotsWithoutAsking = 16;

export class Slots {
  readonly #context: EngineContext;
  readonly #onChange: () => void;
  #wished: number | null = null;
  /** Counts what this process changed itself. */
  #changes = 0;

  /** `onChange`: this worker has another number of slots now. */
  constructor(context: EngineContext, onChange: () => void) {
    this.#context = context;
    this.#onChange = onChange;
  }

  /** A door stays one: it was started without an agent. */
  get total(): number {
    return this.configured === 0 ? 0 : Math.min(this.#wished ?? this.configured, this.#most);
  }

  /** What the connections leave descriptors for (main.ts). */
  get #most(): number {
    return Math.max(this.configured, slotsWithoutAsking);
  }

  get configured(): number {
    return this.#context.settings.maxConcurrent;
  }

  /** Learns what was asked elsewhere, or before this process was there. */
  async look(): Promise<void> {
    const { store: { beats }, worker } = this.#context;
    const changes = this.#changes;
    const wished = await beats.slotsOf(worker.id);
    // What this process changed itself meanwhile is newer.
    if (changes === this.#changes) this.#learn(wished);
  }

  /**
   * Asks `worker`, which has `total` now, for `slots`; null: as it was configured. Nothing is written where that is so already.
   * Rejects like a command, with `conflict` for a door, and with `invalid` for more than this worker can have.
   */
  async ask(worker: { id: string; name: string; total: number | null }, slots: number | null, { by }: { by: string }) {
    const { store: { beats }, worker: self } = this.#context;
    if (worker.total === 0) {
      throw new DomainError(
        "conflict",
        `Cannot give worker ${worker.name} slots: it is a door without agents; start it with CODER_MAX_CONCURRENT above 0`,
      );
    }
    if (worker.id === self.id && slots !== null && slots > this.#most) {
      const words = `At most ${this.#most}; start this worker with a larger CODER_MAX_CONCURRENT for more`;
      throw new DomainError("invalid", words, { issues: [{ path: "slots", message: words }] });
    }
    const before = await beats.slotsOf(worker.id);
    if (before !== slots) {
      const event = { type: "service.slots_changed" as const, data: { worker: worker.id, slots } };
      await handleCommand(this.#context, 0, { type: "note", event }, { by, until: "answered" });
      await beats.askForSlots(worker.id, slots);
    }
    if (worker.id !== self.id) return;
    this.#changes++;
    this.#learn(slots);
  }

  #learn(wished: number | null): void {
    const before = this.total;
    this.#wished = wished;
    if (before !== this.total) this.#onChange();
  }
}
