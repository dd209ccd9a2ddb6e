// What a run says to its agent first.

import { isFollowUp } from "../../domain/holding.ts";
import type { Task } from "../../domain/task.ts";
import type { EventLog } from "../../kv/event_log.ts";
import { forkWords } from "./fork_words.ts";
import { type Takeover, takeoverWords } from "../exchange/takeover_words.ts";
import { runRules } from "../../process/claude/claude_tools.ts";

export interface FirstWords {
  text: string;
  /** The `message.added` event whose text it is, when it is a follow-up. */
  message: number | null;
}

/**
 * The first user message of a run.
 * @param resumed whether the agent knows what came before; else the words must carry it all
 * @param restored whether its folder was gone and is there again, from its branch or from where its work was saved
 * @param told what the run tells it instead of what the task says; null: nothing
 * @param takeover what became of the work that another worker had begun; null: none had
 */
export async function firstWords(task: Task, { log, suffix, resumed, restored = false, told = null, takeover = null }: {
  log: EventLog;
  suffix: string;
  resumed: boolean;
  restored?: boolean;
  told?: string | null;
  takeover?: Takeover | null;
}): Promise<FirstWords> {
  const { next } = task;
  const may = `\n\n${[task.mode === "execute" ? suffix : "", runRules].filter(Boolean).join(" ")}`;
  const plan = task.mode === "execute" && task.plan ? `\n\nThe approved plan:\n\n${await planOf(task, log)}` : "";
  if (next.kind === "fresh" && told === null) {
    return { text: await beginning(task, log) + plan + may, message: null };
  }
  if (told !== null && resumed) return { text: told, message: null };
  const { text, message } = told === null ? await newsOf(task, log) : { text: told, message: null };
  const news = { text: restored ? `${task.snapshot ? workIsBack : folderIsBack}\n\n${text}` : text };
  if (resumed) return { text: news.text + (message === null ? may : ""), message };
  if (takeover && isFollowUp(task)) {
    // What was good is not to be done once more: its prompt is told as what it is.
    const prompt = quoted(await promptOf(task, log));
    const background = `That is about work which was asked for in these words, and done:\n\n${prompt}`;
    return { text: `${news.text}\n\n${background}\n\n${takeoverWords(takeover)}${plan}${may}`, message };
  }
  const before = takeover ? takeoverWords(takeover) : task.session_id === null ? workWasBegun : sessionIsLost;
  // Who begins again was not interrupted.
  const isNothingNew = takeover?.kind === "anew" && next.kind === "resume" && next.because === "interrupted" &&
    message === null;
  const last = isNothingNew ? "" : `\n\n${news.text}`;
  return { text: `${await beginning(task, log)}\n\n${before}${plan}${last}${may}`, message };
}

/** What a new session is asked for; of a fork, what was said in the task that it goes on from, too. */
async function beginning(task: Task, log: EventLog): Promise<string> {
  const prompt = await promptOf(task, log);
  const { forked_from: from } = task;
  if (from === undefined) return prompt;
  const last = from.told === "again"
    ? `Go on from there with what was asked for, which is this:\n\n${prompt}`
    : `Now this is asked for:\n\n${prompt}`;
  return `${await forkWords(log, from)}\n\n${last}`;
}

function quoted(text: string): string {
  return text.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");
}

const workWasBegun = "Work on this task was begun before in this folder.";

const sessionIsLost = "You worked on this task before, but that session is lost. What was done is in this folder: " +
  "look at git log and git status first.";

const folderIsBack =
  "Your folder was removed meanwhile and was put back from your branch: what was not committed is gone. " +
  "Look at git log and git status first.";

const workIsBack =
  "Your folder was removed meanwhile and was put back from where your work was saved: what you had not committed is in " +
  "the newest commit. Look at git log and git status first.";

/** What is new for an agent that knows the task. */
async function newsOf(task: Task, log: EventLog): Promise<FirstWords> {
  const { next } = task;
  if (next.kind === "resume" && next.because === "approved") {
    return { text: "The plan is approved. Carry it out now.", message: null };
  }
  if (next.kind === "resume" && next.because === "rejected" && next.seq !== null) {
    const event = await log.event(task.id, next.seq);
    const feedback = event?.type === "plan.rejected" ? event.data.feedback : "";
    return { text: `The plan was not approved:\n\n${feedback}\n\nRevise it and propose it again.`, message: null };
  }
  const [message] = task.messages;
  if (message !== undefined) {
    const words = await messageText(task.id, message, log);
    const ended = next.kind === "resume" && next.ended !== undefined ? `Your last run ended: ${next.ended}\n\n` : "";
    return { text: ended + words, message };
  }
  return { text: "You were interrupted. Go on with the task where you stopped.", message: null };
}

/** The text of a follow-up. */
export async function messageText(task: number, seq: number, log: EventLog): Promise<string> {
  const event = await log.event(task, seq);
  return event?.type === "message.added" ? event.data.text : "";
}

async function promptOf(task: Task, log: EventLog): Promise<string> {
  if (task.prompt.whole) return task.prompt.text;
  const event = await log.event(task.id, task.prompt.seq);
  if (event?.type === "task.created") return event.data.prompt;
  if (event?.type === "task.edited" && event.data.prompt !== undefined) return event.data.prompt;
  throw new Error(`The prompt of task ${task.id} is not in event ${task.prompt.seq}; run "deno task verify"`);
}

async function planOf(task: Task, log: EventLog): Promise<string> {
  if (!task.plan) return "";
  if (task.plan.whole) return task.plan.text;
  const event = await log.event(task.id, task.plan.seq);
  return event?.type === "plan.proposed" ? event.data.plan : task.plan.text;
}
