// The way to the store for all processes: how long calls take, and how they go wrong.
//
// A store of its own (local) answers in order and dies with its process; it may be locked, stall past a deadline, or be on
// a full disk. A shared one is elsewhere: calls get lost before or after they were applied, are carried twice, or arrive
// long after their caller gave up. Its full disk is none of its clients' errors: what the server cannot write is sent
// again below them, for as long as they live. A server refuses, too, and who was refused once on a connection is refused on
// it for good; a connection may fall silent for good. Only a new one helps.

import { kvLink, type Transport } from "./kv_link.ts";
import type { Process } from "./machine.ts";
import type { SimulatedKv } from "./simulated_kv.ts";
import type { World } from "./world.ts";

/** What a process opened to the server. */
interface Connection {
  isSilent: boolean;
  isRefused: boolean;
}

/** How soon the layer below sends again what was not answered, or not well. */
const resentMs = 250;

export class Network {
  /** The disk of the store is full until then. */
  fullUntil = 0;
  /** Calls of a process get no answer until then. */
  readonly cutUntil = new Map<Process, number>();
  /** The server refuses what a process asks for, until then. */
  readonly refusedUntil = new Map<Process, number>();
  slowUntil = 0;
  readonly #connections = new Map<Process, Connection>();
  #localBusyUntil = 0;
  readonly #faultShare: number;
  readonly #hints = new Map<() => void, Deno.KvKey>();

  constructor(
    readonly world: World,
    readonly kv: SimulatedKv,
    readonly options: { shared: boolean; isRemote: boolean; watchIsSilent: boolean },
  ) {
    this.#faultShare = world.random.pick([0, 0.003, 0.02]);
    kv.listen((write) => {
      const written = new Set(write.sets.map(({ key }) => key[0]));
      for (const [hint, key] of this.#hints) if (written.has(key[0]!)) hint();
    });
  }

  get isRemote(): boolean {
    return this.options.isRemote;
  }

  /** Opens the store for a process. At a server that takes a way there and back, and may fail as any call. */
  async open(process: Process): Promise<Deno.Kv> {
    const connection: Connection = { isSilent: false, isRefused: false };
    const transport = this.options.shared ? this.#remote(process, connection) : this.#local(process);
    if (this.isRemote) await transport({ isCommit: false, apply: () => {} });
    this.#connections.set(process, connection);
    return kvLink(this.kv, {
      transport,
      hints: (key, callback) => this.#watch(process, connection, { key, callback }),
    });
  }

  /** Nothing comes through what a process has open now. */
  silence(process: Process): void {
    const connection = this.#connections.get(process);
    if (connection) connection.isSilent = true;
  }

  #remote(process: Process, connection: Connection): Transport {
    const { world } = this;
    const { random } = world;
    return ({ isCommit, apply }) =>
      new Promise((resolve, reject) => {
        const slow = world.now < this.slowUntil ? 300 : 1;
        const [there, back] = [random.between(0.2, 3) * slow, random.between(0.2, 3) * slow];
        const send = (ms: number, answers: boolean) =>
          world.later(ms, null, () => {
            if (isCommit && this.#isFull) return world.later(resentMs, process, () => send(there, answers));
            try {
              const result = apply();
              if (answers) this.#answer(process, back, () => resolve(result));
            } catch (error) {
              if (answers) this.#answer(process, back, () => reject(error));
            }
          });
        if (this.isRemote && world.faulty && world.now < (this.refusedUntil.get(process) ?? 0)) {
          connection.isRefused = true;
        }
        if (connection.isRefused) {
          return world.later(there, process, () => reject(new Error("Invalid access token.")));
        }
        const isCut = world.faulty && world.now < (this.cutUntil.get(process) ?? 0);
        if (isCut || connection.isSilent) {
          // Cut off: it does not arrive, or its answer does not.
          if (isCommit && random.chance(0.3)) send(there, false);
          return;
        }
        if (!world.faulty || !random.chance(this.#faultShare)) return send(there, true);
        switch (random.integer(0, 5)) {
          case 0:
            return; // Lost before it was applied.
          case 1:
            return send(there, false); // Lost after it was applied.
          case 2:
            send(there, false); // The reply was lost and the layer below sent it again.
            return send(there + resentMs, true);
          case 3:
            return send(random.between(500, 30_000), true); // Stuck; applied perhaps long after the deadline.
          case 4:
            return world.later(there, process, () => reject(new TypeError("database is locked")));
          default:
            return send(random.between(500, 9_000), true);
        }
      });
  }

  #local(process: Process): Transport {
    const { world } = this;
    const { random } = world;
    return ({ isCommit, apply }) =>
      new Promise((resolve, reject) => {
        if (world.faulty && random.chance(this.#faultShare / 2)) {
          world.later(1, process, () => reject(new TypeError("database is locked")));
          return;
        }
        const slow = world.now < this.slowUntil ? 200 : 1;
        const stall = world.faulty && random.chance(this.#faultShare / 4) ? random.between(1_000, 15_000) : 0;
        const hung = world.faulty ? this.cutUntil.get(process) ?? 0 : 0;
        const at = Math.max(world.now, this.#localBusyUntil, hung) + random.between(0.1, 1) * slow + stall;
        this.#localBusyUntil = at;
        world.later(at - world.now, process, () => {
          try {
            if (isCommit && this.#isFull) throw new TypeError("database or disk is full");
            const result = apply();
            this.#answer(process, 0.1, () => resolve(result));
          } catch (error) {
            this.#answer(process, 0.1, () => reject(error));
          }
        });
      });
  }

  #answer(process: Process, ms: number, answer: () => void): void {
    this.world.later(ms, process, () => void this.world.steps().then(answer));
  }

  /** Whether a call is answered soon: no local store hangs. */
  get isAnswering(): boolean {
    return this.#localBusyUntil < this.world.now + 1_000;
  }

  get #isFull(): boolean {
    return this.world.faulty && this.world.now < this.fullUntil;
  }

  /** Many changes make one hint, if any. */
  #watch(
    process: Process,
    connection: Connection,
    { key, callback }: { key: Deno.KvKey; callback: () => void },
  ): () => void {
    let isDue = false;
    const hint = () => {
      if (isDue || !process.alive || connection.isSilent || this.options.watchIsSilent) return;
      isDue = true;
      this.world.later(this.world.random.between(1, 50), process, () => {
        isDue = false;
        callback();
      });
    };
    this.#hints.set(hint, key);
    return () => this.#hints.delete(hint);
  }
}
