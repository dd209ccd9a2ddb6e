// The events of a task as lines of a terminal, each as it comes, in the words of the page's transcript.

import type { TaskEvent } from "../../core/domain/event.ts";
import {
  messageName,
  runEndFacts,
  runEndTitle,
  stepFacts,
  stepTitle,
  stepTone,
  toldNames,
} from "../../core/view/transcript/item_words.ts";
import { type TranscriptItem, transcriptItems } from "../../core/view/transcript/transcript_items.ts";
import { outcomeTone } from "../../core/view/transcript/transcript_words.ts";
import type { Output, Style } from "../terminal/output.ts";
import { fit, plain, wrap } from "../terminal/text.ts";

const gutter = 10;
const resultLines = 6;

/** What is printed of one event: a title and what it says. */
interface Entry {
  style: Style | null;
  title: string;
  /** Beside the title, in few words. */
  detail?: string | null;
  text?: string;
  textStyle?: Style;
}

export class TranscriptLines {
  readonly #out: Pick<Output, "columns" | "paint">;
  /** The tools of calls that have no result yet, by their ids. */
  readonly #calls = new Map<string, string>();

  constructor(out: Pick<Output, "columns" | "paint">) {
    this.#out = out;
  }

  /** The lines of the next event; many have none. */
  take(event: TaskEvent): string[] {
    if (event.type === "output.tool_use") this.#calls.set(event.data.id, event.data.name);
    if (event.type === "output.tool_result") return this.#result(event);
    // One event is a stretch of its own: what it would add to an earlier item stands under the one before it here.
    return transcriptItems([event]).flatMap((item) => this.#lines(event.at, entryOf(item)));
  }

  /** A result that is an error is told; what went well the agent tells itself. */
  #result({ at, data }: Extract<TaskEvent, { type: "output.tool_result" }>): string[] {
    const name = this.#calls.get(data.id);
    this.#calls.delete(data.id);
    // The call that hands in a plan is refused on purpose.
    if (!data.is_error || name === "ExitPlanMode") return [];
    const lines = data.text.trim().split("\n");
    const more = lines.length - resultLines;
    const text = [...lines.slice(0, resultLines), ...(more > 0 ? [`… ${more} more lines`] : [])].join("\n");
    return this.#lines(at, { style: "fail", title: `${name ?? "A call"} failed`, text, textStyle: "dim" });
  }

  #lines(at: string, { style, title, detail, text = "", textStyle }: Entry): string[] {
    const { columns, paint } = this.#out;
    const width = columns - gutter;
    const painted = (wanted: Style | null | undefined, words: string) => wanted ? paint(wanted, words) : words;
    const body = wrap(plain(text).trim(), width).map((line) => painted(textStyle, line));
    const lines = body.length === 1 && body[0] === "" ? [] : body;
    if (title !== "") {
      const head = fit(plain(title), width);
      const rest = detail ? fit(plain(detail), width - head.length - 2) : "";
      lines.unshift(painted(style, head) + (rest === "" ? "" : `  ${paint("dim", rest)}`));
    }
    const time = paint("dim", new Date(at).toTimeString().slice(0, gutter - 2));
    return lines.map((line, index) => index === 0 ? `${time}  ${line}` : " ".repeat(gutter) + line);
  }
}

function entryOf(item: TranscriptItem): Entry {
  switch (item.kind) {
    case "prompt":
      return { style: "head", title: "Prompt", text: item.text };
    case "said":
      return { style: "head", title: item.subagent === null ? "" : `Subagent ${item.subagent}`, text: item.text };
    case "thought":
      return { style: "dim", title: `Thinks: ${item.text.trim()}` };
    case "tools":
      return { style: "bold", title: item.calls[0]?.name ?? "", detail: item.calls[0]?.summary };
    case "message":
      return { style: "head", title: messageName({ ...item, sentAt: item.at }), text: item.text };
    case "plan":
      return { style: "need", title: "Proposed plan", text: item.plan };
    case "run":
      return item.claim
        ? { style: "run", title: `Run ${item.run} began` }
        : { style: "dim", title: item.steps[0]?.text ?? "" };
    case "finished":
      return {
        style: outcomeTone(item.data.outcome),
        title: runEndTitle(item),
        detail: runEndFacts(item.data),
        text: item.data.error ?? "",
        textStyle: "fail",
      };
    case "line":
      return { style: item.tone, title: item.text, detail: item.detail };
    case "step":
      // What it says comes in events of their own.
      return item.text !== ""
        ? { style: null, title: "", text: item.text, textStyle: "dim" }
        : { style: stepTone(item), title: stepTitle(item), detail: item.end ? stepFacts(item) : item.command };
    case "told":
      return { style: "head", title: toldNames[item.because], text: item.text };
    case "terminal":
      return { style: null, title: "", text: item.text, textStyle: item.tone === "fail" ? "fail" : "dim" };
    case "unknown":
      return { style: "dim", title: item.type, detail: JSON.stringify(item.data) };
  }
}
