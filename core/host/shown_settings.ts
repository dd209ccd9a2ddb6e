// The settings as people may see them: each variable with what holds, in words. No secret is among them, only where it is.

import type { SettingsView, SettingView } from "../view/settings_view.ts";
import { type Config, readConfig, type Variable, variables } from "./config.ts";
import { webhookHostsText } from "../domain/webhook_hosts.ts";
import { labelsText } from "../domain/labels.ts";
import { tokenPath } from "./local_identity.ts";

/** What is not shown: it is a secret, or may hold one. */
const hidden: ReadonlySet<Variable> = new Set(["CODER_TOKEN", "CODER_EXCHANGE"]);

/** `machine`: as `readConfig` was given it. */
export function settingsShown(config: Config, machine: Parameters<typeof readConfig>[1]): SettingView[] {
  // As if nobody had said anything.
  const standard = readConfig({}, machine);
  return variables.map((variable) => {
    const value = wordsOf(variable, config);
    const is_default = wordsOf(variable, standard) === value;
    return { variable, value: hidden.has(variable) && value !== null ? "set; not shown" : value, is_default };
  });
}

function wordsOf(variable: Variable, config: Config): string | null {
  const value = valueOf(variable, config);
  return value === null ? null : String(value);
}

function valueOf(variable: Variable, config: Config): string | number | null {
  switch (variable) {
    case "CODER_HOST":
      return config.host;
    case "CODER_PORT":
      return config.port ?? "off";
    case "CODER_DATA":
      return config.data;
    case "CODER_REPO":
      return config.repos && [...config.repos].map(([name, path]) => `${name}=${path}`).join(", ");
    case "CODER_WORKTREES":
      return config.worktrees;
    case "CODER_KV":
      return config.kv;
    case "CODER_KV_TOKEN_FILE":
      return config.kvTokenFile;
    case "CODER_CLAUDE":
      return config.claude;
    case "CODER_MAX_CONCURRENT":
      return config.maxConcurrent;
    case "CODER_TOKEN":
      return config.token;
    case "CODER_TOKEN_FILE":
      return config.tokenFile;
    case "CODER_WORKER":
      return config.workerName;
    case "CODER_WORKER_URL":
      return config.workerUrl;
    case "CODER_PUBLIC_URL":
      return config.publicUrl;
    case "CODER_WEBHOOK_HOSTS":
      return config.webhookHosts.length === 0 ? null : webhookHostsText(config.webhookHosts);
    case "CODER_LABELS":
      return labelsText(config.labels) || null;
    case "CODER_PROMPT_SUFFIX":
      return config.promptSuffix || null;
    case "CODER_STALL_SECONDS":
      return config.stallSeconds;
    case "CODER_TIMEOUT_SECONDS":
      return config.timeoutSeconds ?? "off";
    case "CODER_SILENCE_SECONDS":
      return config.silenceSeconds ?? "off";
    case "CODER_RETENTION_DAYS":
      return config.retentionDays;
    case "CODER_EXCHANGE":
      return config.exchanges.size === 0 ? null : JSON.stringify([...config.exchanges]);
    case "CODER_HOLD_SECONDS":
      return config.holdSeconds;
    case "CODER_SANDBOX":
      return config.sandbox;
    case "CODER_MAX_OUTPUT_MB":
      return config.maxOutputMb;
    case "CODER_LOG":
      return config.log;
  }
}

/** `asked`: whether callers must know it. */
export function tokenShown(config: Config, { asked }: { asked: boolean }): SettingsView["token"] {
  if (!asked) {
    return {
      asked,
      where: null,
      change: "Set CODER_TOKEN to ask for one; beyond this machine (CODER_HOST) one is made",
    };
  }
  if (config.token !== null) return { asked, where: "CODER_TOKEN", change: "Set another value and start again" };
  if (config.tokenFile !== null && config.tokenFile !== tokenPath(config.data)) {
    return { asked, where: `${config.tokenFile} (CODER_TOKEN_FILE)`, change: "Write another one into that file" };
  }
  return { asked, where: tokenPath(config.data), change: "`deno task token` makes another one, which counts at once" };
}
