// What a delivery of GitHub asks for. An issue that gets the label becomes a task, and so does a comment whose first word is the
// label as a command, such as `/coder`.
//
// Whoever can label an issue has a right to the repository; comments anybody can write, so those of strangers ask for nothing.

import type { Github } from "../../domain/automation_choice.ts";
import type { TaskOrigin } from "../../domain/task_spec.ts";

/** In each comment of ours: what we say is no wish of anybody. */
export const commentMark = "<!-- personal-coder -->";

/** Whose comments are heard. */
const trusted = ["OWNER", "MEMBER", "COLLABORATOR"];
const titleAtMost = 200;
const promptAtMost = 200_000;

interface Issue {
  number: number;
  title: string;
  body?: string | null;
  html_url: string;
  /** Where it is a pull request. */
  pull_request?: object;
}

interface OfIssue {
  action: string;
  issue: Issue;
  /** `owner/name`. */
  repository: { full_name: string };
}

/** What happened there, in GitHub's names. */
export type GithubEvent =
  | { name: "issues"; label?: { name: string } } & OfIssue
  | { name: "issue_comment"; comment: { body: string; html_url: string; author_association: string } } & OfIssue
  | { name: "other"; of: string };

/** A task that is asked for, in the repository `repo` of this service. */
export interface IssueTask {
  repo: string;
  title: string;
  prompt: string;
  /** The address of the pull request whose branch it begins from; null: it is of an issue. */
  pullRequest: string | null;
  origin: Extract<TaskOrigin, { kind: "github" }>;
}

/** What is asked for; or why nothing is, in words. */
export function issueTask(event: GithubEvent, { label, repositories }: Github): IssueTask | string {
  switch (event.name) {
    case "issues":
      if (event.action !== "labeled" || event.label?.name.toLowerCase() !== label.toLowerCase()) {
        return `It is not labelled "${label}"`;
      }
      return taskOf(event, { repositories, url: event.issue.html_url, wish: null });
    case "issue_comment": {
      const { action, comment } = event;
      const wish = action === "created" ? wishOf(comment.body, label) : null;
      if (wish === null) return `It is no new comment that begins with /${label}`;
      if (!trusted.includes(comment.author_association)) return "Its author has no right to the repository";
      return taskOf(event, { repositories, url: comment.html_url, wish });
    }
    case "other":
      return `Events "${event.of.slice(0, 50)}" ask for nothing`;
  }
}

/** The words after the command; null: the comment is none. */
function wishOf(text: string, label: string): string | null {
  const words = text.trim();
  const command = `/${label}`;
  const isCommand = words.slice(0, command.length).toLowerCase() === command.toLowerCase();
  if (words.includes(commentMark) || !isCommand) return null;
  const rest = words.slice(command.length);
  return rest === "" || /^\s/.test(rest) ? rest.trim() : null;
}

function taskOf(
  { issue, repository: { full_name: name } }: OfIssue,
  { repositories, url, wish }: { repositories: Github["repositories"]; url: string; wish: string | null },
): IssueTask | string {
  const repo = Object.entries(repositories).find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
  if (repo === undefined) return `No repository here is connected to ${name}`;
  const title = lineOf(issue.title) || `Issue ${issue.number}`;
  const parts = [`${title} (${name}#${issue.number})`, issue.body?.trim() ?? "", wish ?? ""];
  return {
    repo,
    title: title.slice(0, titleAtMost).toWellFormed(),
    prompt: parts.filter((part) => part !== "").join("\n\n").slice(0, promptAtMost).toWellFormed(),
    pullRequest: issue.pull_request ? issue.html_url : null,
    origin: { kind: "github", repository: name, issue: issue.number, url },
  };
}

/** A title is one line. */
function lineOf(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").trim();
}
