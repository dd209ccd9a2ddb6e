// The settings of a repository as rows of a table. Pure.

import type { RepositorySettings, RepositoryView } from "../../core/view/api_view.ts";
import { duration } from "../../core/view/format.ts";

/** A field, by its name in `coder.json`. */
export interface SettingRow {
  field: keyof RepositorySettings;
  /** In words; a list for what has several parts. */
  value: string | string[];
  /** It is what a person wrote, to be shown letter by letter. */
  isCode: boolean;
  /** Null: by default. */
  source: "coder.json" | "operator" | null;
}

/** Both in the order of the fields: what is set, and what holds by itself. Nothing where nothing is in force. */
export function settingRows({ settings, sources }: RepositoryView): { set: SettingRow[]; defaults: SettingRow[] } {
  if (settings === null) return { set: [], defaults: [] };
  const fields = Object.keys(settings) as (keyof RepositorySettings)[];
  const rows = fields.map((field): SettingRow => {
    const isCode = written.has(field) && settings[field] !== null;
    return { field, value: valueOf(settings, field), isCode, source: sources[field] ?? null };
  });
  return { set: rows.filter(({ source }) => source !== null), defaults: rows.filter(({ source }) => source === null) };
}

const written: ReadonlySet<string> = new Set(["setup", "check", "cleanup", "env", "model", "target", "exchange"]);

function valueOf(settings: RepositorySettings, field: keyof RepositorySettings): string | string[] {
  const value = settings[field];
  switch (field) {
    case "setup_timeout_seconds":
    case "check_timeout_seconds":
    case "cleanup_timeout_seconds":
      return `at most ${duration(settings[field] * 1_000)}`;
    case "check_rounds":
      return settings.check_rounds === 0 ? "none: the first check decides" : `${settings.check_rounds} with the agent`;
    case "commit_reminder":
      return settings.commit_reminder ? "once, when work is left uncommitted" : "none";
    case "env":
      return settings.env.length === 0 ? "none" : settings.env;
    case "sandbox":
      return sandboxWords(settings.sandbox);
    case "method":
      return settings.method === null ? "not said" : methods[settings.method];
    case "land":
      return settings.land === "auto" ? "what is good, by itself" : "when somebody says so";
    case "target":
      return settings.target ?? "not said";
    case "model":
    case "effort":
      return settings[field] ?? "as the task says";
    default:
      return value === null ? "none" : String(value);
  }
}

/** `off` asks for nothing, and takes nothing back of what the service does by itself. */
function sandboxWords({ level, allowed_domains: domains, push, serve }: RepositorySettings["sandbox"]): string {
  return [
    level === "off" ? "as the service says" : level,
    domains.length > 0 && `with ${domains.join(", ")}`,
    push && "may push",
    serve && "its servers can be reached",
  ].filter(Boolean).join(", ");
}

const methods = {
  ff: "fast forward, or not at all",
  merge: "by a merge commit",
  squash: "as one commit",
  rebase: "rebased, commit by commit",
};
