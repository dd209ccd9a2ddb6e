// What an event is called under the pointer, in a few words. Pure.

import type { TaskEvent } from "../../core/domain/event.ts";
import { firstLine } from "../../core/view/format.ts";
import { outcomeWord } from "../../core/view/task_state.ts";
import { stepTitle } from "../../core/view/transcript/item_words.ts";

const length = 80;

/** The calls that were made and not answered yet, by their ids. */
export type OpenCalls = Map<string, string>;

/** `Bash npm test`, `Bash npm test, failed`, `Run 2 ended: timed out`; null: nothing that a person would look for. */
export function momentWords(event: TaskEvent, calls: OpenCalls): string | null {
  switch (event.type) {
    case "output.tool_use": {
      const { id, name, summary } = event.data;
      const words = firstLine(`${name} ${summary}`, length);
      calls.set(id, words);
      return words;
    }
    case "output.tool_result": {
      const { id, is_error } = event.data;
      const words = calls.get(id) ?? "Tool call";
      calls.delete(id);
      return is_error ? `${words}, failed` : null;
    }
    case "output.text":
      return firstLine(event.data.text, length) || null;
    case "message.added":
      return `You: ${firstLine(event.data.text, length)}`;
    case "run.claimed":
      return `Run ${event.data.epoch} claimed`;
    case "run.started":
      return event.data.resumed ? "Session resumed" : "Agent started";
    case "run.finished":
      return `Run ${event.run ?? ""} ended: ${outcomeWord(event.data.outcome).toLowerCase()}`;
    case "setup.finished":
    case "check.finished":
      if (event.data.outcome === "passed") return null;
      return stepTitle({
        name: event.type === "setup.finished" ? "setup" : "check",
        ofLanding: false,
        end: event.data,
      });
    case "task.failed":
      return `Task failed: ${firstLine(event.data.error, length)}`;
    default:
      return stepWords[event.type] ?? null;
  }
}

const stepWords: Partial<Record<TaskEvent["type"], string>> = {
  "task.created": "Created",
  "task.retry_scheduled": "Back in the queue",
  "task.cancel_requested": "Cancel requested",
  "task.completed": "Task completed",
  "task.cancelled": "Task cancelled",
  "plan.proposed": "Plan proposed",
  "plan.approved": "Plan approved",
  "plan.rejected": "Plan sent back",
  "run.silent": "The agent says nothing",
};
