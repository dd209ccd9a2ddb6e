// Groups of tool calls as wholes: the page holds a stretch of a history, which may begin and end within a group, and what is
// said of a group is of all of it. Pure.

import type { TaskEvent } from "../../core/domain/event.ts";
import {
  type ShownCall,
  type TranscriptItem,
  transcriptItems,
  type WholeGroup,
} from "../../core/view/transcript/transcript_items.ts";

type Group = Extract<TranscriptItem, { kind: "tools" }>;

/** Learns of every event once, in order, and knows the group that it is a part of. */
export class ToolGroups {
  /** Of event `index + 1`: the first event of its group; 0: it is a part of none. */
  readonly #first: number[] = [];
  /** Calls and failures up to and with event `index + 1`. */
  readonly #calls: number[] = [];
  readonly #failed: number[] = [];
  readonly #times: number[] = [];

  take(event: TaskEvent): void {
    const before = this.#first.length - 1;
    const open = this.#first[before] ?? 0;
    // By itself it says how it is drawn: as a part of a group, as something else, which ends one, or not at all.
    // What a subagent says and does stands within the call that started it.
    const [item] = "subagent" in event.data && event.data.subagent !== undefined ? [] : transcriptItems([event]);
    this.#first.push(item === undefined ? open : item.kind === "tools" ? open || event.seq : 0);
    const isCall = item?.kind === "tools" && event.type === "output.tool_use";
    const isFailure = event.type === "output.tool_result" && event.data.is_error;
    this.#calls.push((this.#calls[before] ?? 0) + (isCall ? 1 : 0));
    this.#failed.push((this.#failed[before] ?? 0) + (isFailure ? 1 : 0));
    this.#times.push(Date.parse(event.at));
  }

  /** The group that event `seq` is a part of, as far as `limit`; null where there is none, or it is not known yet. */
  around(seq: number, limit: number): WholeGroup | null {
    const first = this.#first[seq - 1] ?? 0;
    if (first === 0) return null;
    let last = seq;
    while (last < limit && this.#first[last] === first) last++;
    const since = (counts: number[]) => (counts[last - 1] ?? 0) - (counts[first - 2] ?? 0);
    const tookMs = Math.max(0, (this.#times[last - 1] ?? 0) - (this.#times[first - 1] ?? 0));
    return { first, calls: since(this.#calls), failed: since(this.#failed), tookMs };
  }
}

/** What a stretch of a history is cut from. */
export interface CutFrom {
  groups: ToolGroups;
  /** The stretch. */
  from: number;
  to: number;
  /** The last event shown. */
  limit: number;
  /** Whether a run is open at that moment. */
  isRunning: boolean;
}

/** The items of a stretch, whose groups at its edges are counted as wholes, and run only where a call may still be answered. */
export function inWhole(items: TranscriptItem[], { groups, from, to, limit, isRunning }: CutFrom): TranscriptItem[] {
  const lastEnd = items.findLastIndex(({ kind }) => kind === "finished");
  return items.map((item, index) => {
    if (item.kind !== "tools") return item;
    const isCut = (index === 0 && from > 1) || (index === items.length - 1 && to < limit);
    const whole = isCut ? groups.around(item.last, limit) : null;
    return { ...item, whole, isOpen: isRunning && to >= limit && index > lastEnd && item.endedAt === null };
  });
}

/** Whether event `seq` is the call, its answer, or of what its subagent says and does. */
function holds({ seq: own, result, nested }: ShownCall, seq: number): boolean {
  return own === seq || result?.seq === seq || isWithin(nested, seq);
}

/** Whether event `seq` is of these items; of a group of calls that run at once each has its own. */
export function isWithin(items: readonly TranscriptItem[], seq: number): boolean {
  return items.some((item) =>
    item.kind === "tools" ? item.calls.some((call) => holds(call, seq)) : item.first <= seq && seq <= item.last
  );
}

/** Calls of which the stretch holds more than the answer. */
export function callsOf({ calls }: Group): Group["calls"] {
  return calls.filter(({ isCut }) => !isCut);
}
