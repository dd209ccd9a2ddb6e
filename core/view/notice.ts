// An event in the words of a notification: one line, and what a person should know besides. Pure, also for the browser.

import type { TaskEvent } from "../domain/event.ts";

export interface Notice {
  title: string;
  text: string;
  /** `need`: somebody is to do something. */
  tone: "need" | "fail" | "done" | "off";
}

/** What a notification is about. */
export interface NoticeSubject {
  id: number;
  title: string;
}

const textAtMost = 1_000;

/** The words for an event of `task`; for the service's own log that is task 0, whose title is empty. */
export function noticeOf(event: TaskEvent, task: NoticeSubject): Notice {
  const named = (what: string, text: string, tone: Notice["tone"]): Notice => ({
    title: `Task ${task.id} ${what}`,
    text: [task.title, short(text)].filter((line) => line !== "").join("\n"),
    tone,
  });
  switch (event.type) {
    case "task.completed":
      return event.data.review
        ? named("is done and waits for your review", event.data.output, "need")
        : named("is completed", event.data.output, "done");
    case "task.failed":
      return named("failed", event.data.error, "fail");
    case "task.cancelled":
      return named("was cancelled", event.data.reason, "off");
    case "plan.proposed":
      return named("waits for you to approve its plan", event.data.plan, "need");
    case "run.silent":
      return named("has been silent for a while", event.data.background ?? "", "need");
    case "landing.finished": {
      const { outcome, target, error } = event.data;
      if (outcome === "landed") return named(`landed in ${target}`, "", "done");
      return named(`could not land in ${target}`, error ?? outcome.replace("_", " "), "need");
    }
    case "pull_request.opened":
      return named("has a pull request", event.data.url, "done");
    case "service.paused":
      return { title: "The queue rests", text: short(event.data.reason), tone: "need" };
    case "service.noticed":
      return { title: "The service needs a look", text: short(event.data.text), tone: "need" };
    default:
      return event.task === 0
        ? { title: `The service: ${event.type}`, text: "", tone: "off" }
        : named(`has a new event: ${event.type}`, "", "off");
  }
}

function short(text: string): string {
  const trimmed = text.trim();
  return trimmed.length <= textAtMost ? trimmed : `${trimmed.slice(0, textAtMost).toWellFormed()}...`;
}
