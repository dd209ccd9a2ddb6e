// A reader of one task's live history: it must see every event once, in order, byte for byte, also when the worker it
// listens to dies and it goes on elsewhere.

import type { Node } from "./node.ts";
import type { Oracle } from "./oracle.ts";
import type { World } from "./world.ts";

const lookMs = 2_000;

export class Follower {
  #sent = 0;
  #connection = 0;

  constructor(readonly world: World, readonly nodes: Node[], readonly oracle: Oracle, readonly task: number) {
    this.#connect();
  }

  /** Whether everything that was written has arrived. */
  get isCurrent(): boolean {
    return this.#sent === (this.oracle.histories.get(this.task)?.lines.length ?? 0);
  }

  #connect(): void {
    const up = this.nodes.filter(({ service }) => service !== null);
    const connection = ++this.#connection;
    if (up.length === 0) return void this.world.later(lookMs, null, () => this.#connect());
    const node = this.world.random.pick(up);
    const process = node.process;
    const again = () => {
      if (connection === this.#connection) this.#connect();
    };
    // A reader hears nothing of a dead worker: it sees that the connection is gone.
    const look = () => {
      if (connection !== this.#connection) return;
      if (process?.alive) this.world.later(lookMs, null, look);
      else again();
    };
    look();
    this.#read(node, connection).then(() => this.world.later(lookMs, null, again), (error) => {
      this.world.note(`a reader of task ${this.task} is refused: ${error.message}`);
      this.world.later(lookMs, null, again);
    });
  }

  async #read(node: Node, connection: number): Promise<void> {
    const { signal } = new AbortController();
    const feed = await node.service!.follow({ tasks: new Map([[this.task, this.#sent]]) });
    for await (const { events } of feed.pages(signal)) {
      if (connection !== this.#connection) return;
      for (const { event, json } of events) {
        const line = this.oracle.histories.get(this.task)?.lines[this.#sent];
        if (event.seq !== ++this.#sent || json !== line) {
          this.world.violation(`a reader of task ${this.task} got event ${event.seq} as number ${this.#sent}`);
        }
      }
    }
  }
}
