// What must always hold, checked at every commit, acknowledgement and start of an agent. `world.violation` names what broke.

import { isPack, packLines } from "../../core/kv/event_record.ts";
import { isTerminal, type TaskEvent } from "../../core/domain/event.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask, isOver, type Task } from "../../core/domain/task.ts";
import type { Appended } from "../../core/kv/commit_batch.ts";
import type { Process } from "./machine.ts";
import type { LiveAgent } from "./simulated_agent.ts";
import type { LiveStep } from "./simulated_step.ts";
import type { AppliedWrite, SimulatedKv } from "./simulated_kv.ts";
import { type Commit, type SimulatedRepository, target } from "./simulated_repository.ts";
import type { WorkOracle } from "./work_oracle.ts";
import type { World } from "./world.ts";

/** How long a process that was held up may take to notice that it lost its runs. */
const noticeMs = 5_000;

/** What the log says of one task, and what follows from it. */
export interface History {
  task: Task;
  /** The JSON of every event, by seq - 1. */
  lines: string[];
  events: TaskEvent[];
  finishedRuns: Set<number>;
  /** Whether those that depend on it could ever start. */
  wasMet: boolean;
  /** Requests of landings that took effect, by the seq of each. */
  landed: Set<number>;
}

export class Oracle {
  readonly histories = new Map<number, History>();
  /** What agents said, by what is unique in it. */
  readonly #said = new Map<string, number>();
  readonly agents: LiveAgent[] = [];
  readonly #steps: LiveStep[] = [];
  readonly #decoder = new TextDecoder();
  /** Told every event as it is committed. */
  heard: (event: TaskEvent) => void = () => {};
  /** Where worker `id` lands. */
  repositoryOf: (id: string) => SimulatedRepository = () => {
    throw new Error("There are no workers yet");
  };

  constructor(
    readonly world: World,
    readonly kv: SimulatedKv,
    readonly work: WorkOracle,
    readonly options: { maxConcurrent: number; setup: string | null; check: string | null },
  ) {
    kv.listen((write) => this.#applied(write));
  }

  acknowledged({ events }: Appended): void {
    for (const { event, json } of events) {
      if (this.histories.get(event.task)?.lines[event.seq - 1] !== json) {
        this.world.violation(
          `event ${event.seq} of task ${event.task} was acknowledged but is not in the log: ${json}`,
        );
      }
    }
  }

  started(agent: LiveAgent): void {
    this.agents.push(agent);
    this.world.note(`${agent.name} lives, started by ${agent.process.name}${agent.start.resume ? ", resumed" : ""}`);
    const mine = agent.machine.agents;
    const ofProcess = [...mine].filter((one) => one.process === agent.process).length;
    if (ofProcess > this.options.maxConcurrent) this.world.violation(`${agent.process.name} runs ${ofProcess} agents`);
    // Held up between its last look at the lease and the start, it notices only now.
    if (this.isHeldUp(agent.process)) return;
    this.work.started(agent, this.#historyOf(agent.task).task);
    for (const other of this.agents) {
      if (!other.alive || other === agent || other.task !== agent.task) continue;
      // On one machine the old one is always ended first. On another, whoever cannot run cannot end it.
      if (other.machine === agent.machine || !this.#isExcused(other.process)) {
        this.world.violation(`${agent.name} starts while ${other.name} is alive`);
      }
    }
  }

  /** No agent works while a command of the repository does, nor the other way round. */
  stepStarted(step: LiveStep): void {
    this.#steps.push(step);
    this.world.note(`${step.name} lives, started by ${step.process.name}`);
    if (this.isHeldUp(step.process)) return;
    for (const agent of step.machine.agents) {
      if (agent.start.cwd === step.start.cwd) this.world.violation(`${step.name} starts while ${agent.name} is alive`);
    }
  }

  ended(agent: LiveAgent): void {
    this.world.note(`${agent.name} is dead`);
  }

  /** Softly: nothing of it may be left. */
  stopped(process: Process): void {
    this.world.note(`${process.name} has stopped`);
    for (const agent of process.machine.agents) {
      if (agent.process === process) this.world.violation(`${process.name} has stopped but ${agent.name} lives`);
    }
    for (const step of process.machine.steps) {
      if (step.process === process) this.world.violation(`${process.name} has stopped but ${step.name} lives`);
    }
  }

  #isExcused(process: Process): boolean {
    return !process.alive || this.isHeldUp(process);
  }

  isHeldUp({ pausedUntil, wokeAt }: Process): boolean {
    const { now } = this.world;
    return pausedUntil > now || now - wokeAt < noticeMs;
  }

  #applied({ versionstamp, sets, deletes }: AppliedWrite): void {
    for (const key of deletes) {
      if (key[0] === "event" || key[0] === "task" || key[0] === "all") this.world.violation(`${key} was deleted`);
    }
    const ranges: [number, number, number][] = [];
    let entry: unknown = null;
    for (const { key, value } of sets) {
      if (key[0] !== "event") continue;
      const events = this.decode(value as Uint8Array);
      const first = (key[2] as number) - events.length + 1;
      for (const [index, event] of events.entries()) this.#event(key[1] as number, first + index, event, ranges);
    }
    for (const { key, value } of sets) {
      if (key[0] === "all") entry = value;
    }
    if (ranges.length === 0) return;
    const wanted = JSON.stringify(ranges.sort(byTask));
    const listed = JSON.stringify(((entry ?? []) as typeof ranges).toSorted(byTask));
    if (listed !== wanted) {
      this.world.violation(`the all-stream says ${listed} of commit ${versionstamp}, not ${wanted}`);
    }
    for (const { key, value } of sets) {
      if (key[0] === "task" || key[0] === "fold") this.#head(key[1] as number, value as Uint8Array);
    }
    this.#checkCap();
  }

  #event(task: number, seq: number, event: TaskEvent, ranges: [number, number, number][]): void {
    const history = this.#historyOf(task);
    const before = history.task;
    const text = `event ${seq} (${event.type}) of task ${task}`;
    const broken = (what: string) => this.world.violation(`${text}: ${what}`);
    if (seq !== before.seq + 1 || event.seq !== seq || event.task !== task) broken(`comes after ${before.seq}`);
    if (event.at < before.updated_at) broken(`${event.at} is before ${before.updated_at}`);
    if (event.run !== undefined) {
      if (event.run < before.epoch) broken(`of run ${event.run} after run ${before.epoch} was claimed`);
      if (history.finishedRuns.has(event.run)) broken(`after run ${event.run} was finished`);
    }
    if (isTerminal(event.type) && isOver(before.status)) broken(`the task was ${before.status} already`);
    if (event.type === "run.claimed") this.#claimed(history, broken);
    if (event.type === "run.finished") {
      this.#finished(history, event.run!, broken);
      if (event.data.outcome === "succeeded") this.#allIsDone(history, broken);
      if (event.data.outcome === "succeeded") this.#isProven(history, broken);
    }
    if (event.type.startsWith("output.") || event.type === "usage.counted") this.#output(event, broken);
    if (event.type === "landing.finished" && event.data.outcome === "landed") {
      this.#hasLanded(before, event.data.commit, broken);
    }
    if (event.type === "message.sent") this.#messageSent(history, event.data.message, broken);
    this.world.note(
      `  ${task}/${seq} ${event.type}${event.run ? ` run ${event.run}` : ""} by ${event.by} ${detail(event)}`,
    );
    history.task = evolve(before, event);
    this.work.heard(event, { before, after: history.task });
    history.lines.push(JSON.stringify(event));
    history.events.push(event);
    this.heard(event);
    if (event.type === "task.edited" && this.#waitsFor(task, task)) broken("it waits for itself");
    const range = ranges.find(([id]) => id === task);
    if (range) range[2] = seq;
    else ranges.push([task, seq, seq]);
  }

  /** Whether `task` waits for `other`, however indirectly. */
  #waitsFor(task: number, other: number, seen: Set<number> = new Set()): boolean {
    return this.#historyOf(task).task.depends_on.some((id) => {
      if (id === other) return true;
      if (seen.has(id)) return false;
      seen.add(id);
      return this.#waitsFor(id, other, seen);
    });
  }

  #historyOf(task: number): History {
    let history = this.histories.get(task);
    if (!history) {
      history = {
        task: emptyTask(task),
        lines: [],
        events: [],
        finishedRuns: new Set(),
        wasMet: false,
        landed: new Set(),
      };
      this.histories.set(task, history);
    }
    return history;
  }

  #claimed({ task }: History, broken: (what: string) => void): void {
    if (task.run) broken(`run ${task.run.epoch} is open`);
    for (const id of task.depends_on) {
      if (!this.histories.get(id)?.wasMet) broken(`its dependency ${id} was never met`);
    }
  }

  #finished({ task, finishedRuns }: History, run: number, broken: (what: string) => void): void {
    finishedRuns.add(run);
    for (const agent of this.agents) {
      if (agent.alive && agent.start.mark === task.run?.mark && !this.#isExcused(agent.process)) {
        broken(`${agent.name} is alive`);
      }
    }
    if (!task.run || !task.place) return;
    for (const step of this.#steps) {
      const isOfRun = step.alive && step.start.cwd === task.place.path && step.start.command !== "cleanup";
      if (isOfRun && !this.#isExcused(step.process)) broken(`${step.name} is alive`);
    }
  }

  /** Every step carries its number: none twice, none before its predecessor. */
  #output(event: TaskEvent, broken: (what: string) => void): void {
    const data = event.data as { text?: string; id?: string; message_id?: string };
    const said = /^([0-9a-f-]{36}:[0-9a-f-]{36}):(\d+)/.exec(data.id ?? data.message_id ?? data.text ?? "");
    if (!said) return;
    // The first step of each, agent.ready, is not an output.
    const last = this.#said.get(said[1]!) ?? 0;
    if (Number(said[2]) !== last + 1) broken(`step ${said[2]} of its agent comes after step ${last}`);
    this.#said.set(said[1]!, Number(said[2]));
  }

  /** What an agent said before its good end is all in the log, and nothing that it had in the background was ended. */
  #allIsDone({ task }: History, broken: (what: string) => void): void {
    for (const { key, start: { mark, prompt }, said, wasCutShort } of this.agents) {
      const last = this.#said.get(key) ?? 0;
      // What had gone well before its agent was reminded to commit stands, whatever becomes of the reminder; a session that
      // begins anew is told what was done before it.
      const isReminder = prompt.includes("You left changes that are not committed");
      if (mark === task.run?.mark && wasCutShort && !isReminder) broken("its background work was ended");
      if (mark === task.run?.mark && said > 0 && last !== said - 1) broken(`it ends at step ${last} of ${said - 1}`);
    }
  }

  /** Nothing is called good that the check did not see, and no agent worked on what setup left half-made. */
  #isProven({ task }: History, broken: (what: string) => void): void {
    if (this.options.check !== null && task.last_check?.outcome !== "passed") broken("its check did not pass");
    if (this.options.setup !== null && task.last_setup?.outcome !== "passed") broken("its setup did not end well");
  }

  /** Called when the target of task `id`'s landing moves: it was asked for, is in the log, brings something, and happens once. */
  moves(id: number, { from, to }: { from: Commit; to: Commit }): void {
    const { task, landed } = this.#historyOf(id);
    const { landing } = task;
    this.world.note(`task ${id} moves its target from ${from.id.slice(0, 8)} to ${to.id.slice(0, 8)}`);
    const broken = (what: string) => this.world.violation(`task ${id} moves its target: ${what}`);
    if (landing?.integrated?.commit !== to.id) return broken("its log does not say so");
    if (landed.has(landing.seq)) broken("it has landed by this request before");
    landed.add(landing.seq);
    if ([...to.pieces].every((piece) => from.pieces.has(piece))) broken("it brings nothing new");
  }

  /** The target contains what the log says it does, and all of the work. */
  #hasLanded({ place }: Task, commit: string | null, broken: (what: string) => void): void {
    const repository = this.repositoryOf(place!.worker);
    const [tip, work] = [repository.branches.get(target)!, repository.branches.get(place!.branch)];
    if (commit === null || !repository.isAncestor(commit, tip)) broken(`${target} does not contain ${commit}`);
    if (work === undefined) return broken("its branch is gone");
    const held = repository.get(tip).pieces;
    for (const piece of repository.get(work).pieces) {
      if (!held.has(piece)) broken(`its piece ${piece} is not in ${target}`);
    }
  }

  #messageSent({ events }: History, seq: number, broken: (what: string) => void): void {
    const message = events[seq - 1];
    if (message?.type !== "message.added") return broken(`event ${seq} is no message`);
    const isHeard = this.agents.some((agent) => agent.heard.some((words) => words.includes(message.data.text)));
    if (!isHeard) broken(`no agent heard "${message.data.text}"`);
  }

  #head(task: number, value: Uint8Array): void {
    const history = this.#historyOf(task);
    if (isMet(history.task)) history.wasMet = true;
    const stored = this.#decoder.decode(value);
    const folded = JSON.stringify(history.task);
    if (stored !== folded) {
      this.world.violation(`the head of task ${task} is not the fold of its log:\n${stored}\n${folded}`);
    }
  }

  #checkCap(): void {
    const open = new Map<string, number>();
    for (const { task: { run } } of this.histories.values()) {
      if (!run) continue;
      const count = (open.get(run.worker) ?? 0) + 1;
      open.set(run.worker, count);
      if (count > this.options.maxConcurrent) this.world.violation(`worker ${run.worker} holds ${count} runs`);
    }
  }

  /** An event as it is stored, parts put together. */
  /** The events of a value. */
  decode(value: Uint8Array): TaskEvent[] {
    if (isPack(value)) return packLines(value).map((line) => JSON.parse(this.#decoder.decode(line)));
    return [this.#decodeOne(value)];
  }

  #decodeOne(value: Uint8Array): TaskEvent {
    const { commit: _, body, ...event } = JSON.parse(this.#decoder.decode(value));
    if (body === null) return event;
    let json = "";
    const decoder = new TextDecoder();
    for (let part = 0; part < body.parts; part++) {
      const slice = this.kv.get(["part", body.id, part]);
      if (!slice) {
        this.world.violation(`part ${part} of the body of event ${event.seq} of task ${event.task} is missing`);
      } else json += decoder.decode(slice.value as Uint8Array, { stream: true });
    }
    return { ...event, data: JSON.parse(json) };
  }
}

/** What lands by itself must have landed, or a person must have taken it. */
function isMet({ status, lands_itself, review }: Task): boolean {
  return status === "completed" && (!lands_itself || review === null || review === "landed" || review === "accepted");
}

function byTask(a: [number, number, number], b: [number, number, number]): number {
  return a[0] - b[0];
}

function detail(event: TaskEvent): string {
  if (event.type === "run.claimed") return event.data.worker.slice(0, 8);
  if (event.type === "run.finished") return `${event.data.outcome} (${event.data.error}) then ${event.data.then}`;
  if (event.type.startsWith("output.")) return "";
  return JSON.stringify(event.data).slice(0, 80);
}
