// A message of a webhook: its body as the receiver takes it, and the headers and signature of Standard Webhooks
// (https://www.standardwebhooks.com, version 1.0.0).

import { createHmac, randomBytes } from "node:crypto";
import type { WebhookFormat } from "../../domain/automation_choice.ts";
import type { TaskEvent } from "../../domain/event.ts";
import type { PostRequest } from "../../process/post.ts";
import { type Notice, noticeOf } from "../../view/notice.ts";

/** Where a webhook sends to, and what it signs with; kept apart from its events. */
export interface WebhookSecret {
  url: string;
  /** `whsec_` and 32 bytes in base64. */
  secret: string;
}

/** What is told: an event, and what its task is called; null: a test. */
export type Subject = { event: TaskEvent; title: string; repo: string } | null;

const secretBytes = 32;
const secretPrefix = "whsec_";
/** The specification recommends payloads of less than 20 KB; the whole event is in the log. */
const textAtMost = 2_000;
const agent = "personal-coder";

export function newSecret(): string {
  return secretPrefix + randomBytes(secretBytes).toString("base64");
}

/**
 * The request of one try.
 * @param message the `webhook-id`, the same for every try
 * @param at when it is sent, in ms since 1970
 * @param link the address of the task's page; null where that is not known
 */
export function webhookRequest(
  subject: Subject,
  { format, receiver, message, at, link }: {
    format: WebhookFormat;
    receiver: WebhookSecret;
    message: string;
    at: number;
    link: string | null;
  },
): PostRequest {
  const headers = { "content-type": "application/json", "user-agent": agent, "webhook-id": message };
  if (format === "ntfy") return { ...ntfy(receiver.url, noticeFor(subject), link), headers };
  if (format === "slack") {
    return { url: receiver.url, headers, body: JSON.stringify({ text: slackText(noticeFor(subject), link) }) };
  }
  const body = JSON.stringify(payload(subject, { at, link }));
  const timestamp = String(Math.floor(at / 1_000));
  const signature = sign(receiver.secret, `${message}.${timestamp}.${body}`);
  return {
    url: receiver.url,
    headers: { ...headers, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` },
    body,
  };
}

function sign(secret: string, content: string): string {
  const key = new Uint8Array(Buffer.from(secret.slice(secretPrefix.length), "base64"));
  return createHmac("sha256", key).update(content).digest("base64");
}

function payload(subject: Subject, { at, link }: { at: number; link: string | null }): Record<string, unknown> {
  if (!subject) return { type: "webhook.test", timestamp: new Date(at).toISOString(), data: { text: testWords } };
  const { event: { type, at: timestamp, task, seq, run, by, data }, title, repo } = subject;
  const [event, truncated] = shortened(data);
  return {
    type,
    timestamp,
    data: { task, seq, run: run ?? null, by: by ?? null, title, repo, url: link, event, truncated },
  };
}

/** The data with long texts cut; whether any was. */
function shortened(data: unknown): [unknown, boolean] {
  let truncated = false;
  const text = JSON.stringify(data, (_, value) => {
    if (typeof value !== "string" || value.length <= textAtMost) return value;
    truncated = true;
    return value.slice(0, textAtMost).toWellFormed();
  });
  return text.length <= textAtMost * 10 ? [JSON.parse(text), truncated] : [null, true];
}

const testWords = "This is a test: messages of Personal Coder arrive here";

function noticeFor(subject: Subject): Notice {
  if (!subject) return { title: "Personal Coder", text: testWords, tone: "done" };
  return noticeOf(subject.event, { id: subject.event.task, title: subject.title });
}

/** As JSON, which takes any character; the topic is the last part of the address. */
function ntfy(address: string, { title, text, tone }: Notice, link: string | null): Omit<PostRequest, "headers"> {
  const url = new URL(address);
  const [topic, ...path] = url.pathname.split("/").filter((part) => part !== "").reverse();
  url.pathname = `/${path.reverse().join("/")}`;
  const tags = { need: ["bell"], fail: ["x"], done: ["white_check_mark"], off: [] }[tone];
  const priority = tone === "need" || tone === "fail" ? 4 : 3;
  const message = text === "" ? title : text;
  const body = { topic: topic ?? "", title, message, tags, priority, ...(link && { click: link }) };
  return { url: url.href, body: JSON.stringify(body) };
}

/** Whether an address ends with what ntfy takes as a topic. */
export function hasTopic(address: string): boolean {
  return /\/[-\w]{1,64}\/?$/.test(new URL(address).pathname);
}

function slackText({ title, text }: Notice, link: string | null): string {
  const plain = (words: string) => words.replace(/[&<>]/g, (sign) => `&${slackNames[sign]};`);
  const head = link === null ? plain(title) : `<${link}|${plain(title)}>`;
  return text === "" ? `*${head}*` : `*${head}*\n${plain(text)}`;
}

const slackNames: Record<string, string> = { "&": "amp", "<": "lt", ">": "gt" };
