import { assertEquals } from "@std/assert";
import type { RepositorySettings, RepositoryView } from "../../../core/view/api_view.ts";
import { shownDefaults as defaults } from "../../support/no_project.ts";
import { settingRows } from "../../../islands/repositories/setting_rows.ts";

const repository: RepositoryView = {
  name: "shop",
  path: "/home/ada/shop",
  branch: "main",
  head: "c0ffee",
  settings: defaults,
  sources: {},
  error: null,
  last_setup: null,
  last_check: null,
};

Deno.test("settingRows() puts what is set apart from what holds by itself, with where it comes from", () => {
  const { set, defaults: rest } = settingRows({
    ...repository,
    settings: { ...defaults, setup: "npm ci", check: null, env: ["A", "B"], method: "squash" },
    sources: { setup: "coder.json", check: "operator", env: "operator", method: "coder.json" },
  });
  assertEquals(set, [
    { field: "setup", value: "npm ci", isCode: true, source: "coder.json" },
    { field: "check", value: "none", isCode: false, source: "operator" },
    { field: "env", value: ["A", "B"], isCode: true, source: "operator" },
    { field: "method", value: "as one commit", isCode: false, source: "coder.json" },
  ]);
  assertEquals(rest.map(({ field, value }) => `${field}: ${value}`), [
    "cleanup: none",
    "setup_timeout_seconds: at most 10 m 00 s",
    "check_timeout_seconds: at most 30 m 00 s",
    "cleanup_timeout_seconds: at most 1 m 00 s",
    "check_rounds: 2 with the agent",
    "commit_reminder: once, when work is left uncommitted",
    "model: as the task says",
    "effort: as the task says",
    "target: not said",
    "land: when somebody says so",
    "exchange: none",
    "sandbox: as the service says",
  ]);
});

Deno.test("settingRows() says what no and none mean, and what a sandbox leaves open", () => {
  const words = (settings: Partial<RepositorySettings>) =>
    settingRows({ ...repository, settings: { ...defaults, ...settings } }).defaults
      .filter(({ field }) => field in settings).map(({ value }) => value);
  assertEquals(words({ check_rounds: 0, commit_reminder: false, env: [], target: "main" }), [
    "none: the first check decides",
    "none",
    "none",
    "main",
  ]);
  const closed = { level: "files" as const, allowed_domains: [], push: false, serve: false };
  assertEquals(words({ sandbox: closed }), ["files"]);
  assertEquals(words({ sandbox: { ...closed, level: "off", serve: true } }), [
    "as the service says, its servers can be reached",
  ]);
  const open = { ...closed, level: "full" as const, allowed_domains: ["a.example", "b.example"], push: true };
  assertEquals(words({ sandbox: open }), ["full, with a.example, b.example, may push"]);
});

Deno.test("settingRows() has nothing where nothing is in force", () => {
  assertEquals(settingRows({ ...repository, settings: null, error: "broken" }), { set: [], defaults: [] });
});
