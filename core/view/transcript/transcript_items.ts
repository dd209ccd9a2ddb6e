// A stretch of a task's events, grouped as people read them: words, thoughts, folded tool calls, and lines for what the
// service did. Pure. An item with the same `first` and `last` has the same content, so drawn items are kept.

import type { EventData, StepEnd, TaskEvent, TaskEventOf } from "../../domain/event.ts";
import { type MessageAbout, messageAbout, reviewEventLine } from "./review_lines.ts";
import { gitFolderLine, sandboxLine } from "./sandbox_lines.ts";
import { lostCall, type ToolCall, toolCall } from "./tool_calls.ts";
import { backgroundLine, type LineTone, runStep, serviceLine, stepDetail } from "./transcript_words.ts";

/** Of a group of tool calls, as far as the moment shown (tool_groups.ts). */
export interface WholeGroup {
  /** Its first event. */
  first: number;
  calls: number;
  failed: number;
  /** From its first event to its last one. */
  tookMs: number;
}

/** What a stretch alone does not know of a group of tool calls. */
interface InWhole {
  /** All of it, where the stretch holds a part. */
  whole?: WholeGroup | null;
  /** Whether a call without an answer may still get one. */
  isOpen?: boolean;
}

/** With what the subagent that it started says and does. */
export interface ShownCall extends ToolCall {
  nested: TranscriptItem[];
}

interface Place {
  /** The first and the last event of the item. */
  first: number;
  last: number;
  at: string;
}

export type TranscriptItem =
  & Place
  & (
    | { kind: "prompt"; text: string }
    | { kind: "said"; text: string; subagent: string | null }
    | { kind: "thought"; text: string; subagent: string | null }
    | { kind: "tools"; calls: ShownCall[]; failed: number; endedAt: string | null } & InWhole
    | { kind: "message"; about: MessageAbout; text: string; sentAt: string | null }
    | { kind: "plan"; plan: string }
    | { kind: "run"; run: number; claim: EventData["run.claimed"] | null; steps: RunStep[] }
    | { kind: "finished"; run: number; data: EventData["run.finished"] }
    | { kind: "line"; tone: LineTone; text: string; detail: string | null }
    | { kind: "terminal"; tone: "fail" | "wait"; text: string }
    | Step
    | { kind: "told"; because: EventData["followup.sent"]["because"]; text: string }
    | { kind: "unknown"; type: string; data: unknown }
  );

/** A command of the repository: its setup, its check, its cleanup. */
interface Step {
  kind: "step";
  name: StepName;
  /** Whether it prepares or judges the result of a landing, not the work of a run. */
  ofLanding: boolean;
  command: string;
  /** The start of what it said in this stretch, and its end where that is long. */
  text: string;
  /** Of the check: `round 2`, and what was set aside. */
  detail: string | null;
  end: StepEnd | null;
}

type StepName = "setup" | "check" | "cleanup";

/** A step on the way to a running agent. */
export interface RunStep {
  at: string;
  text: string;
}

/** The call that hands in a plan is refused on purpose; `plan.proposed` stands in its place. */
const planTool = "ExitPlanMode";

export function transcriptItems(events: Iterable<TaskEvent>): TranscriptItem[] {
  const draft = new Draft();
  for (const event of events) draft.take(event);
  return draft.items;
}

/** A call that was made, the group it stands in, and the item of the whole transcript that both are a part of. */
interface KnownCall {
  call: ShownCall;
  item: ItemOf<"tools">;
  top: Place;
  /** Of the subagent that it started. */
  draft: Draft | null;
}

type ItemOf<Kind extends TranscriptItem["kind"]> = Extract<TranscriptItem, { kind: Kind }>;

type OutputEvent = TaskEventOf<
  | "output.text"
  | "output.thinking"
  | "output.tool_use"
  | "output.tool_result"
  | "output.notice"
  | "output.stderr"
  | "output.raw"
>;

/** The items so far, and what later events may still add to. */
class Draft {
  readonly items: TranscriptItem[] = [];
  /** Those of subagents, too. */
  readonly #calls: Map<string, KnownCall>;
  readonly #planCalls = new Set<string>();
  readonly #messages = new Map<number, ItemOf<"message">>();
  /** The call that started the subagent whose words these are, and what it is a part of; null: the agent's own. */
  readonly #of: { id: string; top: Place } | null;

  constructor(calls = new Map<string, KnownCall>(), of: { id: string; top: Place } | null = null) {
    this.#calls = calls;
    this.#of = of;
  }

  take(event: TaskEvent): void {
    switch (event.type) {
      case "task.created":
        this.items.push({ ...placeOf(event), kind: "prompt", text: event.data.prompt });
        break;
      case "output.text":
      case "output.thinking":
      case "output.tool_use":
      case "output.tool_result":
      case "output.notice":
      case "output.stderr":
      case "output.raw":
        this.#takeOutput(event);
        break;
      case "usage.counted":
      // It stands over the transcript, as a list.
      case "todos.changed":
        break;
      case "background.changed":
        this.items.push({ ...placeOf(event), kind: "line", ...backgroundLine(event.data) });
        break;
      case "message.added": {
        const { text } = event.data;
        const item = {
          ...placeOf(event),
          kind: "message" as const,
          about: messageAbout(event.data),
          text,
          sentAt: null,
        };
        this.#messages.set(event.seq, item);
        this.items.push(item);
        break;
      }
      case "message.sent": {
        const item = this.#messages.get(event.data.message);
        if (item) [item.sentAt, item.last] = [event.at, event.seq];
        break;
      }
      case "plan.proposed":
        this.items.push({ ...placeOf(event), kind: "plan", plan: event.data.plan });
        break;
      case "run.claimed":
        this.items.push({ ...placeOf(event), kind: "run", run: event.data.epoch, claim: event.data, steps: [] });
        break;
      case "worktree.added":
      case "run.started":
      case "agent.ready":
        this.#takeRunStep(event);
        break;
      case "sandbox.applied":
        this.items.push({ ...placeOf(event), kind: "line", ...sandboxLine(event.data) });
        break;
      case "git_folder.restored":
        this.items.push({ ...placeOf(event), kind: "line", ...gitFolderLine(event.data) });
        break;
      case "setup.started":
      case "check.started":
      case "cleanup.started":
      case "setup.output":
      case "check.output":
      case "cleanup.output":
      case "setup.finished":
      case "check.finished":
      case "cleanup.finished":
        this.#takeStep(event);
        break;
      case "followup.sent":
        this.items.push({ ...placeOf(event), kind: "told", ...event.data });
        break;
      case "run.finished":
        this.items.push({ ...placeOf(event), kind: "finished", run: event.run ?? 0, data: event.data });
        break;
      case "work.saved":
      case "files.kept":
      case "work.committed":
      case "comment.edited":
      case "comment.deleted":
      case "comment.resolved":
        break;
      case "landing.requested":
      case "landing.integrated":
      case "landing.finished":
      case "merge.started":
      case "task.accepted":
      case "task.discarded":
      case "comment.added":
      case "branch.pushed":
      case "work.exchanged":
      case "work.left":
      case "pull_request.opened":
      case "pull_request.changed":
        this.items.push({ ...placeOf(event), kind: "line", ...reviewEventLine(event) });
        break;
      default:
        this.items.push({ ...placeOf(event), ...serviceLine(event) });
    }
  }

  #takeOutput(event: OutputEvent): void {
    const parent = "subagent" in event.data ? event.data.subagent : undefined;
    const starter = parent === undefined || parent === this.#of?.id ? undefined : this.#calls.get(parent);
    if (starter) return this.#takeNested(starter, event);
    switch (event.type) {
      case "output.text":
      case "output.thinking": {
        const { text, subagent } = event.data;
        if (text.trim() === "") break;
        const kind = event.type === "output.text" ? "said" : "thought";
        this.items.push({ ...placeOf(event), kind, text, subagent: this.#subagentName(subagent) });
        break;
      }
      case "output.tool_use":
        this.#takeCall(event);
        break;
      case "output.tool_result":
        this.#takeResult(event);
        break;
      case "output.notice":
        // What a stopped agent says about itself; the run's end says it better.
        if (event.data.text.startsWith("[Request interrupted")) break;
        this.items.push({ ...placeOf(event), kind: "line", tone: "wait", text: event.data.text, detail: null });
        break;
      case "output.stderr":
      case "output.raw":
        this.#takeTerminal(event);
        break;
    }
  }

  /** What a subagent says and does stands within the call that started it. */
  #takeNested(starter: KnownCall, event: OutputEvent): void {
    const { call, top } = starter;
    starter.draft ??= new Draft(this.#calls, { id: call.id, top });
    starter.draft.#takeOutput(event);
    call.nested = starter.draft.items;
    top.last = Math.max(top.last, event.seq);
  }

  /** Of a subagent whose call stands before this stretch. */
  #subagentName(id: string | undefined): string | null {
    return id === undefined || id === this.#of?.id ? null : "started earlier";
  }

  #takeCall(event: TaskEventOf<"output.tool_use">): void {
    if (event.data.name === planTool) {
      this.#planCalls.add(event.data.id);
      return;
    }
    const call = { ...toolCall(event), nested: [] };
    const item = this.#toolGroup(event);
    item.calls.push(call);
    item.endedAt = null;
    item.last = event.seq;
    this.#calls.set(call.id, { call, item, top: this.#of?.top ?? item, draft: null });
  }

  #takeResult(event: TaskEventOf<"output.tool_result">): void {
    const { id, text, is_error, images } = event.data;
    if (this.#planCalls.has(id)) return;
    const { call, item, top } = this.#calls.get(id) ?? this.#orphan(event);
    call.result = { seq: event.seq, text, isError: is_error, at: event.at, images: images ?? [] };
    for (const place of [item, top]) place.last = Math.max(place.last, event.seq);
    if (is_error) item.failed++;
    if (item.calls.every((call) => call.result)) item.endedAt = event.at;
  }

  /** A result whose call stands before this stretch. */
  #orphan(event: TaskEventOf<"output.tool_result">): KnownCall {
    const call = { ...lostCall(event), nested: [] };
    const item = this.#toolGroup(event);
    item.calls.push(call);
    return { call, item, top: this.#of?.top ?? item, draft: null };
  }

  /** The group that the last item is, or a new one. */
  #toolGroup(event: TaskEvent): ItemOf<"tools"> {
    const last = this.items.at(-1);
    if (last?.kind === "tools") return last;
    const item: ItemOf<"tools"> = { ...placeOf(event), kind: "tools", calls: [], failed: 0, endedAt: null };
    this.items.push(item);
    return item;
  }

  #takeTerminal(event: TaskEventOf<"output.stderr" | "output.raw">): void {
    const tone = event.type === "output.stderr" ? "fail" : "wait";
    const last = this.items.at(-1);
    if (last?.kind === "terminal" && last.tone === tone && last.text.length < 20_000) {
      last.text += `\n${event.data.text}`;
      last.last = event.seq;
    } else {
      this.items.push({ ...placeOf(event), kind: "terminal", tone, text: event.data.text });
    }
  }

  #takeStep(event: StepEvent): void {
    const name = event.type.split(".")[0] as StepName;
    const last = this.items.at(-1);
    const ofLanding = "of" in event.data && event.data.of === "landing";
    let item = last?.kind === "step" && last.name === name && last.end === null ? last : null;
    if (!item || event.type.endsWith(".started")) {
      const start = { kind: "step" as const, name, ofLanding, command: "", text: "", detail: null, end: null };
      this.items.push(item = { ...placeOf(event), ...start });
    }
    item.last = event.seq;
    const { data } = event;
    if ("command" in data) [item.command, item.detail] = [data.command, stepDetail(data)];
    else if ("text" in data) item.text = withEnd(item.text, data.text);
    else item.end = data;
  }

  #takeRunStep(event: TaskEventOf<"worktree.added" | "run.started" | "agent.ready">): void {
    const last = this.items.at(-1);
    let item = last?.kind === "run" ? last : null;
    if (!item) {
      this.items.push(item = { ...placeOf(event), kind: "run", run: event.run ?? 0, claim: null, steps: [] });
    }
    item.steps.push({ at: event.at, text: runStep(event) });
    item.last = event.seq;
  }
}

type StepEvent = TaskEventOf<`${StepName}.${"started" | "output" | "finished"}`>;

const stepTextLength = 40_000;

/** A test run may print megabytes: its end says most. */
function withEnd(text: string, more: string): string {
  const whole = text + more;
  return whole.length <= stepTextLength ? whole : `…${whole.slice(-stepTextLength / 2)}`;
}

function placeOf({ seq, at }: TaskEvent): Place {
  return { first: seq, last: seq, at };
}
