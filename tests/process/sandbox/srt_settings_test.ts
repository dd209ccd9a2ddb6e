import { assert, assertEquals } from "@std/assert";
import type { SandboxRules } from "../../../core/process/sandbox/sandbox.ts";
import { type Host, sandboxSettings, type SandboxSpec } from "../../../core/process/sandbox/srt_settings.ts";

interface Changes {
  rules?: Partial<SandboxRules>;
  spec?: Partial<SandboxSpec>;
  env?: Host["env"];
  exists?: (path: string) => boolean;
  realPath?: (path: string) => string;
  link?: (path: string) => string | null;
  localRemotes?: string[];
}

function settings({ rules, spec, env = {}, ...host }: Changes = {}) {
  return sandboxSettings(
    {
      rules: {
        level: "files",
        worktree: "/work/shop-worktrees/task-1",
        worktrees: "/work/shop-worktrees",
        commonFolder: "/work/shop/.git",
        gitFolder: "/work/shop/.git/worktrees/task-1",
        ...{ repo: "shop", allowedDomains: [], push: false, ports: [] },
        ...rules,
      },
      secretPaths: ["/data", "/elsewhere/token"],
      ...{
        caches: "/data/caches/shop",
        tmp: "/data/sandbox/1/tmp",
        io: "/data/sandbox/1/io",
        ownPort: null,
        maxProcesses: 100,
      },
      ...spec,
    },
    {
      ...{ home: "/home/ada", env: { PATH: "/usr/bin", ...env }, localRemotes: [] },
      ...{ exists: () => true, isFolder: () => true, entries: () => [], link: () => null, realPath: (path) => path },
      ...host,
    },
  );
}

Deno.test("sandboxSettings() lets a run write to its worktree, the git folder, its own folders and claude's state", () => {
  const { applied, filesystem } = settings();
  assertEquals(applied.writable, [
    "/work/shop-worktrees/task-1",
    "/work/shop/.git",
    "/data/sandbox/1/tmp",
    "/data/caches/shop",
    "/home/ada/.claude",
  ]);
  assertEquals(filesystem.allowWrite, applied.writable);
});

Deno.test("sandboxSettings() keeps what makes claude do something another time from being written, also what is not there", () => {
  const { filesystem, made } = settings();
  const names = [
    "settings.json",
    "settings.local.json",
    "CLAUDE.md",
    "commands",
    "agents",
    "skills",
    "hooks",
    ...["plugins", "rules", "output-styles", "workflows", "local", "keybindings.json"],
  ];
  for (const path of names.map((name) => `/home/ada/.claude/${name}`)) {
    assert(filesystem.denyWrite.includes(path), path);
    // What is not there yet would be a run's to make.
    assert(path in made, path);
  }
});

Deno.test("sandboxSettings() takes claude's folder from CLAUDE_CONFIG_DIR, and then has none of the home folder's", () => {
  const { applied, filesystem } = settings({ env: { CLAUDE_CONFIG_DIR: "/state/claude" } });
  assertEquals(applied.writable.slice(-1), ["/state/claude"]);
  assert(filesystem.denyWrite.every((path) => path.startsWith("/state/claude/")));
});

Deno.test("sandboxSettings() hides what the service and the user have in secret; a push needs some of it", () => {
  const always = ["/data", "/elsewhere/token", "/work/shop-worktrees", "/home/ada/.aws", "/home/ada/.gnupg"];
  const forPush = ["/home/ada/.ssh", "/home/ada/.netrc", "/home/ada/.git-credentials", "/home/ada/.config/gh"];
  const hidden = settings().applied.unreadable;
  for (const path of [...always, ...forPush]) assert(hidden.includes(path), path);
  const pushing = settings({ rules: { push: true } });
  for (const path of always) assert(pushing.applied.unreadable.includes(path), path);
  for (const path of forPush) assert(!pushing.applied.unreadable.includes(path), path);
  const tokens = ["GH_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN"];
  assertEquals(tokens.filter((name) => settings().withheld.includes(name)), tokens);
  assertEquals(tokens.filter((name) => pushing.withheld.includes(name)), []);
});

Deno.test("sandboxSettings() opens a run's own folders again where they lie within what is hidden", () => {
  const { filesystem } = settings({
    rules: { commonFolder: "/work/shop/.git" },
    // The data folder in the repository, and its worktrees in the data folder.
    spec: {
      secretPaths: ["/work/shop/data"],
      ...{
        caches: "/work/shop/data/caches/shop",
        tmp: "/work/shop/data/sandbox/1/tmp",
        io: "/work/shop/data/sandbox/1/io",
      },
    },
  });
  assert(filesystem.denyRead.includes("/work/shop/data"));
  assertEquals(filesystem.allowRead, [
    "/work/shop-worktrees/task-1",
    "/work/shop/.git",
    "/work/shop/data/sandbox/1/tmp",
    "/work/shop/data/caches/shop",
    "/work/shop/data/sandbox/1/io",
  ]);
});

Deno.test("sandboxSettings() hides what there is, by its real path, and once", () => {
  const { applied } = settings({
    exists: (path) => path === "/data" || path === "/home/ada/.aws",
    realPath: (path) => path === "/home/ada/.aws" ? "/home/ada/dotfiles/aws" : path,
  });
  assertEquals(applied.unreadable, ["/data", "/home/ada/dotfiles/aws"]);
  const nested = settings({ spec: { secretPaths: ["/data", "/data/coder.db", "/data-of-others"] } });
  assertEquals(nested.applied.unreadable.filter((path) => path.startsWith("/data")), ["/data", "/data-of-others"]);
});

Deno.test("sandboxSettings() gives each run a copy of claude's state, where claude's folder says it is", () => {
  const copyOf = (env?: Host["env"]) => settings({ env }).layers.find(({ as }) => as === "copy");
  const from = "/data/sandbox/1/claude.json";
  assertEquals(copyOf()?.path, "/home/ada/.claude.json");
  assertEquals(copyOf({ CLAUDE_CONFIG_DIR: "/state/claude" })?.path, "/state/claude/.claude.json");
  assertEquals(copyOf(), { path: "/home/ada/.claude.json", as: "copy", from });
});

Deno.test("sandboxSettings() covers no link of claude's folder, which would lead the mount astray, but names it to be put back", () => {
  const path = "/home/ada/.claude/settings.json";
  const { links, layers, filesystem } = settings({ link: (one) => one === path ? "/dotfiles/settings.json" : null });
  assertEquals(links, [path]);
  assert(!filesystem.denyWrite.includes(path) && !layers.some((layer) => layer.path === path));
});

Deno.test("sandboxSettings() shows cargo its user's settings in a folder of its own, to be read", () => {
  const layer = settings({ exists: (path) => path === "/home/ada/.cargo/config.toml" }).layers
    .find(({ path }) => path.startsWith("/data/caches/shop/cargo/"));
  const path = "/data/caches/shop/cargo/config.toml";
  assertEquals(layer, { path, as: "read", from: "/home/ada/.cargo/config.toml" });
});

Deno.test("sandboxSettings() leaves the network open in files, and lists it in full", () => {
  assertEquals([settings().applied.network, settings().applied.domains], ["public", []]);
  const { applied } = settings({ rules: { level: "full", allowedDomains: ["*.example.com"] } });
  assertEquals(applied.network, "listed");
  assertEquals(applied.domains, [
    ...["api.anthropic.com", "console.anthropic.com", "platform.claude.com", "claude.ai", "*.example.com"],
  ]);
});

Deno.test("sandboxSettings() opens the gateway to the Messages API, by its port, and relays to one on loopback", () => {
  const gateway = (ANTHROPIC_BASE_URL: string) => {
    const { applied, relays } = settings({ env: { ANTHROPIC_BASE_URL } });
    return [applied.domains, relays];
  };
  assertEquals(gateway("http://localhost:4000/v1"), [["127.0.0.1:4000"], [4000]]);
  assertEquals(gateway("http://[::1]:4000"), [["127.0.0.1:4000"], [4000]]);
  assertEquals(gateway("https://gateway.example.com"), [["gateway.example.com:443"], []]);
  assertEquals(gateway("https://[2001:db8::1]"), [["[2001:db8::1]:443"], []]);
  for (const wrong of ["", "nonsense", "file:///etc"]) assertEquals(gateway(wrong), [[], []], wrong);
});

Deno.test("sandboxSettings() withholds credentials, but those of Bedrock from a claude that uses it", () => {
  assert(settings().withheld.includes("AWS_SECRET_ACCESS_KEY"));
  const { withheld } = settings({ env: { CLAUDE_CODE_USE_BEDROCK: "1" } });
  assertEquals(withheld.filter((name) => name.startsWith("AWS_")), []);
  assert(withheld.includes("SSH_AUTH_SOCK"));
});

Deno.test("sandboxSettings() continues git's configuration by variables where the user's ends", () => {
  const { env } = settings({ env: { GIT_CONFIG_COUNT: "2", GIT_CONFIG_KEY_0: "a.b", GIT_CONFIG_KEY_1: "c.d" } });
  assertEquals([env.GIT_CONFIG_COUNT, env.GIT_CONFIG_KEY_2, env.GIT_CONFIG_VALUE_2], ["5", "gc.auto", "0"]);
  assert(!("GIT_CONFIG_KEY_0" in env));
  assertEquals(settings().env.GIT_CONFIG_COUNT, "3");
});

Deno.test("sandboxSettings() keeps caches and temporary files of the run in folders that it may write to", () => {
  const { env, applied } = settings();
  const folders = Object.entries(env).filter(([name, value]) => value.startsWith("/") && name !== "PATH");
  const outside = folders.filter(([, value]) =>
    !applied.writable.some((path) => value === path || value.startsWith(`${path}/`))
  );
  // Only read.
  assertEquals(outside, [["PLAYWRIGHT_BROWSERS_PATH", "/home/ada/.cache/ms-playwright"]]);
  for (
    const name of ["npm_config_cache", "PIP_CACHE_DIR", "CARGO_HOME", "GOCACHE", "DENO_DIR", "TMP", "XDG_CACHE_HOME"]
  ) {
    assert(name in env, name);
  }
});

Deno.test("sandboxSettings() makes other worktrees' entries, HEAD and index of the checkout read-only", () => {
  const as = (path: string) => settings().layers.findLast((layer) => layer.path === path)?.as;
  assertEquals(as("/work/shop/.git"), "write");
  assertEquals(as("/work/shop/.git/worktrees"), "read");
  assertEquals(as("/work/shop/.git/worktrees/task-1"), "write");
  assertEquals([as("/work/shop/.git/HEAD"), as("/work/shop/.git/index")], ["read", "read"]);
});

Deno.test("sandboxSettings() opens remotes on this machine to a run that may push", () => {
  const localRemotes = ["/srv/shop.git"];
  assertEquals(settings({ localRemotes }).applied.writable.includes("/srv/shop.git"), false);
  assertEquals(settings({ localRemotes, rules: { push: true } }).applied.writable.at(-1), "/srv/shop.git");
});
