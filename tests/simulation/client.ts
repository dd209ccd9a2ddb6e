// Users: they create, edit, cancel, retry, answer plans and send messages at random moments, at whichever worker is up. A
// create whose outcome they do not learn they repeat with its key until they do.

import type { TaskEvent } from "../../core/domain/event.ts";
import { DomainError } from "../../core/domain/error.ts";
import type { NewTask, Service } from "../../core/engine/service/service.ts";
import { dependencyStatus } from "../../core/domain/task.ts";
import { Follower } from "./follower.ts";
import type { Node } from "./node.ts";
import type { Oracle } from "./oracle.ts";
import type { World } from "./world.ts";

const answerMs = 30_000;
const by = { by: "api" };

export class Client {
  /** The task each key made, as far as its creator was told. */
  readonly created = new Map<string, number>();
  readonly followers: Follower[] = [];
  readonly #wanted: string[] = [];
  #busy = 0;

  constructor(readonly world: World, readonly nodes: Node[], readonly oracle: Oracle) {}

  /** Whether every create was answered, and every reader has read all. */
  get isAnswered(): boolean {
    return this.created.size === this.#wanted.length && this.#busy === 0 &&
      this.followers.every(({ isCurrent }) => isCurrent);
  }

  /** Creates `tasks` tasks and gives `commands` commands until `untilMs`. */
  begin({ tasks, commands, untilMs }: { tasks: number; commands: number; untilMs: number }): void {
    const { random } = this.world;
    this.oracle.heard = (event) => void (this.world.faulty && this.#react(event));
    for (let n = 0; n < tasks; n++) {
      const key = `key ${n}`;
      this.#wanted.push(key);
      // Half of them at once, so that there is a queue.
      this.world.later(random.chance(0.5) ? 10 : random.between(0, untilMs * 0.7), null, () => void this.#create(key));
    }
    for (let n = 0; n < commands; n++) {
      this.world.later(random.between(1_000, untilMs), null, () => void this.#command(n));
    }
  }

  /** The faults are over: plans are approved, what was asked for is repeated. */
  async settle(): Promise<void> {
    for (const { task } of this.oracle.histories.values()) {
      if (task.status === "awaiting_approval" && !task.cancel_requested) {
        await this.#ask((service) => service.approvePlan(task.id, by));
      }
      // What did not land by itself holds up those that depend on it.
      if (dependencyStatus(task) === "in_review") {
        await this.#ask((service) => this.#review(service, { id: task.id, kind: this.world.random.integer(10, 15) }));
      }
    }
  }

  async #create(key: string): Promise<void> {
    const input = this.#draw(key);
    const twice = this.world.random.chance(0.1);
    while (!this.created.has(key)) {
      const ask = () => this.#ask((service) => service.create(input, { ...by, idempotencyKey: key }));
      const answers = twice ? await Promise.all([ask(), ask()]) : [await ask()];
      for (const answer of answers) {
        if (!answer) continue;
        const before = this.created.get(key);
        if (before !== undefined && before !== answer.task.id) this.world.violation(`${key} made two tasks`);
        if (before === undefined && this.world.random.chance(0.3)) {
          this.followers.push(new Follower(this.world, this.nodes, this.oracle, answer.task.id));
        }
        this.created.set(key, answer.task.id);
      }
      if (!this.created.has(key)) await this.world.wait(1_000, null);
    }
  }

  #draw(key: string): NewTask {
    const { random } = this.world;
    const known = [...this.created.values()];
    const depends_on = known.length > 0 && random.chance(0.3) ? [random.pick(known)] : [];
    return {
      title: key,
      prompt: random.chance(0.02) ? `${key} ${"é".repeat(40_000)}` : key,
      priority: random.integer(0, 3),
      depends_on,
      repo: null,
      base: depends_on.length > 0 && random.chance(0.2) ? `task:${depends_on[0]}` : null,
      model: null,
      mode: random.chance(0.15) ? "plan" : "execute",
      max_attempts: random.integer(1, 3),
      timeout_seconds: random.chance(0.4) ? random.integer(5, 40) : null,
      max_budget_usd: random.chance(0.1) ? 0.02 : null,
      ...(random.chance(0.3) && { land: random.chance(0.7) ? "auto" : null }),
    };
  }

  async #command(n: number): Promise<void> {
    const { random } = this.world;
    const known = [...this.created.values()];
    if (known.length === 0) return;
    const id = random.pick(known);
    const kind = random.integer(0, 15);
    const other = random.pick(known);
    if (kind === 9) return await this.#cross();
    this.world.note(`a user gives command ${kind} on task ${id}`);
    await this.#ask(async (service) => {
      if (kind <= 1) await service.cancel(id, by);
      else if (kind === 2) await service.retry(id, {}, by);
      else if (kind <= 4) await service.addMessage(id, { text: `message ${n}.`, changes: {} }, by);
      else if (kind === 5) await service.rejectPlan(id, "no", by);
      else if (kind === 6) await service.edit(id, { priority: random.integer(0, 3) }, { ...by, seq: null });
      else if (kind === 7) await service.edit(id, { depends_on: [other] }, { ...by, seq: null });
      else if (kind === 8) await service.read(id);
      else await this.#review(service, { id, kind });
    });
  }

  /** Users look on: they are quickest where something is about to happen by itself. */
  #react({ type, task }: TaskEvent): void {
    const { random } = this.world;
    const goOn = (service: Service) => service.addMessage(task, { text: `go on after ${type}.`, changes: {} }, by);
    const retry = (service: Service) => service.retry(task, {}, by);
    const cancel = (service: Service) => service.cancel(task, by);
    const review = (service: Service) => this.#review(service, { id: task, kind: random.integer(10, 15) });
    const choices: Partial<
      Record<TaskEvent["type"], [withinMs: number, ...((service: Service) => Promise<unknown>)[]]>
    > = {
      "landing.requested": [3_000, cancel],
      "task.completed": [500, review],
      "task.discarded": [300, goOn, retry],
      "landing.finished": [300, goOn, retry, review],
    };
    const [withinMs, ...commands] = choices[type] ?? [0];
    if (commands.length === 0 || !random.chance(0.3)) return;
    const command = random.pick(commands);
    this.world.later(random.between(0, withinMs), null, () => {
      this.world.note(`a user is quick after ${type} of task ${task}`);
      void this.#ask(command);
    });
  }

  /** What a user says of finished work. */
  async #review(service: Service, { id, kind }: { id: number; kind: number }): Promise<void> {
    const method = this.world.random.pick(["ff", "merge", "squash", "rebase"] as const);
    if (kind === 10) await service.accept(id, by);
    else if (kind === 11) await service.discard(id, by);
    else if (kind === 12) await service.resolveConflicts(id, {}, by);
    else await service.land(id, { method, leave_uncommitted: this.world.random.chance(0.7) }, by);
  }

  /** Two users at once let two waiting tasks wait for each other: one of them must be told that it is a cycle. */
  async #cross(): Promise<void> {
    const waiting = [...this.oracle.histories.values()].map(({ task }) => task)
      .filter(({ id, status }) => id > 0 && status === "pending");
    const [one, two] = [waiting.at(-1), waiting.at(-2)];
    if (!one || !two) return;
    this.world.note(`users let tasks ${one.id} and ${two.id} wait for each other`);
    const edit = (id: number, dependency: number) =>
      this.#ask((service) => service.edit(id, { depends_on: [dependency] }, { ...by, seq: null }));
    await Promise.all([edit(one.id, two.id), edit(two.id, one.id)]);
  }

  /** The answer, or null when there was none, or a refusal. Anything but an expected refusal breaks a promise. */
  async #ask<T>(call: (service: Service) => Promise<T>): Promise<T | null> {
    const up = this.nodes.filter(({ service }) => service !== null);
    if (up.length === 0) return null;
    const node = this.world.random.pick(up);
    this.#busy++;
    let clear = () => {};
    const late = new Promise<null>((resolve) => clear = this.world.later(answerMs, null, () => resolve(null)));
    const answer = call(node.service!).catch((error) => {
      const isExpected = error instanceof DomainError || (this.world.faulty && error.name === "UnknownOutcome");
      if (!isExpected) this.world.violation(`a user was told: ${error.stack}`);
      this.world.note(`a user is refused: ${error.message}`);
      return null;
    });
    const first = await Promise.race([answer, late]);
    clear();
    this.#busy--;
    return first;
  }
}
