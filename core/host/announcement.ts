// What a service that has started tells who started it: where it is at once, then what it found and what to do first. Pure.

import type { Config } from "./config.ts";
import type { Preflight } from "./preflight.ts";
import type { AgentState } from "../view/api_view.ts";
import { confinementWords } from "../view/confinement_words.ts";

export interface Announcement {
  /** A name and what is to be said of it; without a name it goes on with the one before. */
  rows: [name: string, text: string][];
  /** How to submit a task, and watch it; empty where that is not possible. */
  hint: string;
}

/** Where it is; `port`: null where nothing listens. */
export function openWords(config: Config, port: number | null): string {
  return port === null
    ? "nowhere (CODER_PORT is off): tasks come and are watched at another worker"
    : urlOf(config, port);
}

/** Where programs of this machine reach it. */
export function urlOf(config: Config, port: number | null): string {
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  return `http://${["0.0.0.0", "[::]"].includes(host) ? "localhost" : host}:${port}`;
}

/**
 * What it found, once that is complete. `token`: in words, or itself where it was made just now; null: none is asked for.
 */
export function announcement(
  config: Config,
  found: Preflight,
  { port, token }: { port: number | null; token: string | null },
): Announcement {
  const agent = found.agentState();
  const hint = isAbsent(agent) ? null : agent.hint;
  const rows: Announcement["rows"] = [
    ...(config.publicUrl === null ? [] : [["Public", config.publicUrl] satisfies [string, string]]),
    ["Agent", agentWords(agent)],
    ...[agent.notice, hint].filter((text) => text !== null).map((text): [string, string] => ["", text]),
    ["Git", found.git],
    ...found.repos.map(({ name, path, branch, head }): [string, string] => [
      "Repository",
      `${name}: ${path} (${branch ?? "detached"} at ${head.slice(0, 7)})`,
    ]),
    ["Data", config.data],
    ["User", found.root ? "root" : "not root"],
    ["Processes", containmentWords(found.containment)],
    ["Confinement", confinementWords(found.sandbox())],
  ];
  if (port === null) return { rows, hint: "" };
  if (token !== null) rows.push(["Token", token]);
  return { rows, hint: hintWords(urlOf(config, port), token === null ? "" : ` -H 'authorization: Bearer <token>'`) };
}

function isAbsent({ kind }: AgentState): boolean {
  return kind === "missing" || kind === "none";
}

function agentWords(agent: AgentState): string {
  return isAbsent(agent) ? `${agent.kind}: ${agent.hint}` : agent.name;
}

function containmentWords({ kind, reason }: Preflight["containment"]): string {
  return kind === "none" ? `one that hides may outlive its run: ${reason}` : `held together by a ${kind}`;
}

function hintWords(url: string, auth: string): string {
  return `
Submit a task, then watch it:

  curl ${url}/api/tasks${auth} --json '{"prompt": "Add a function that greets in French, and commit it"}'
  curl -N ${url}/api/tasks/1/stream${auth}
`;
}
