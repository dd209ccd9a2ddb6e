// What a run may do, in the words of @anthropic-ai/sandbox-runtime, of bubblewrap and of the programs inside. Pure.

import { join } from "@std/path";
import type { Files, Layer } from "./layers.ts";
import type { AppliedRules, SandboxRules } from "./sandbox.ts";

/** What srt_process.ts is started for; a file beside it holds it. */
export interface SandboxSpec {
  rules: SandboxRules;
  /** The service's own: its data folder and whatever else of it holds a secret. */
  secretPaths: string[];
  /** For the packages that the tasks of this repository fetch. */
  caches: string;
  /** Made anew for each sandbox. */
  tmp: string;
  /** Named pipes to the programs (inside.pl). */
  io: string;
  /** Where the service itself listens, which nobody may open; null: nowhere. */
  ownPort: number | null;
}

/** What this machine and this user have. */
export interface Host extends Files {
  home: string;
  /** What the programs inherit. */
  env: Readonly<Record<string, string | undefined>>;
  /** Repositories on this machine that are remotes of the worktree's. */
  localRemotes: string[];
  /** Where a path leads when links are followed; itself when it is not there. */
  realPath(path: string): string;
}

/** What the sandbox is made of. */
export interface SandboxSettings {
  applied: Omit<AppliedRules, "processes">;
  filesystem: { denyRead: string[]; allowRead: string[]; allowWrite: string[]; denyWrite: string[] };
  /** Inherited variables that the programs do not get. */
  withheld: string[];
  /** Variables that they get instead of what is inherited, or besides. */
  env: Record<string, string>;
  /** What srt cannot say, and once more what it says, so that nothing of that is covered (layers.ts). */
  layers: Layer[];
  /** Of what is closed, links: these can be replaced inside, and are to be put back. */
  links: string[];
  /** What is to be there before, with what it is made of; null: a folder. */
  made: Record<string, string | null>;
  /** Ports of this machine's loopback at which a gateway to the Messages API listens. */
  relays: number[];
}

/** Where people keep what opens other doors; relative to the home folder. */
const credentials = [
  ".ssh",
  ".aws",
  ".gnupg",
  ".azure",
  ".kube",
  ".docker",
  ".netrc",
  ".git-credentials",
  ".pypirc",
  ".vault-token",
  ".terraform.d",
  ".password-store",
  ".cargo/credentials",
  ".cargo/credentials.toml",
  ".gem/credentials",
  ".config/gh",
  ".config/git/credentials",
  ".config/gcloud",
  ".config/op",
  ".config/chromium",
  ".config/google-chrome",
  ".mozilla",
  ".local/share/keyrings",
  ".bash_history",
  ".zsh_history",
];
/** Those of them that a push needs. */
const pushCredentials = new Set([".ssh", ".netrc", ".git-credentials", ".config/gh", ".config/git/credentials"]);

const credentialVariables = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "SSH_AUTH_SOCK"];
const pushVariables = ["GH_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN"];

/** What claude talks to. */
const claudeHosts = ["api.anthropic.com", "console.anthropic.com", "platform.claude.com", "claude.ai"];
const gatewayVariables = ["ANTHROPIC_BASE_URL", "ANTHROPIC_BEDROCK_BASE_URL", "ANTHROPIC_VERTEX_BASE_URL"];

/**
 * What of claude's own folder makes it do something another time, with all permissions of its user, and is no run's to change.
 * With what it is made when it is not there: only what is there can be closed. Null: a folder.
 */
const claudeHabits: Record<string, string | null> = {
  "settings.json": "{}\n",
  "settings.local.json": "{}\n",
  "CLAUDE.md": "",
  "keybindings.json": "{}\n",
  ...Object.fromEntries(
    ["commands", "agents", "skills", "hooks", "plugins", "rules", "output-styles", "workflows", "local"]
      .map((name) => [name, null]),
  ),
};
/** What its shells read when they start; each run has its own. */
const claudeShells = "shell-snapshots";

/** Works out all that there is to apply. */
export function sandboxSettings(spec: SandboxSpec, host: Host): SandboxSettings {
  const { rules, caches, tmp, io } = spec;
  const { worktree, commonFolder, gitFolder, push } = rules;
  const atHome = (path: string) => join(host.home, path);
  const claude = host.env.CLAUDE_CONFIG_DIR || atHome(".claude");
  const made = Object.fromEntries(Object.entries(claudeHabits).map(([name, content]) => [join(claude, name), content]));
  const links = Object.keys(made).filter((path) => host.link(path) !== null);
  const closed = Object.keys(made).filter((path) => !links.includes(path));
  // claude writes to it all the time, and reads what servers to start: each run has a copy. Where it is, claude's folder says.
  const claudeState = host.env.CLAUDE_CONFIG_DIR ? join(claude, ".claude.json") : atHome(".claude.json");
  made[claudeState] = "{}\n";
  made[join(claude, claudeShells)] = null;
  const writable = [worktree, commonFolder, tmp, caches, claude, ...(push ? host.localRemotes : [])];
  const unreadable = unreadablePaths(spec, host);
  const readable = [worktree, commonFolder, tmp, caches, io];
  const gateways = gatewaysIn(host.env);
  const domains = [
    ...(rules.level === "full" ? claudeHosts : []),
    ...gateways.map(({ hostname, port }) => `${bracketed(hostname)}:${port}`),
    ...rules.allowedDomains,
  ];
  const layers: Layer[] = ([
    ...unreadable.map((path) => ({ path, as: "hidden" } as const)),
    ...readable.map((path) => ({ path, as: "read" } as const)),
    ...writable.map((path) => ({ path, as: "write" } as const)),
    ...closed.map((path) => ({ path, as: "read" } as const)),
    // Of the worktrees' entries only its own is the run's; of the checkout it needs none.
    { path: join(commonFolder, "worktrees"), as: "read" },
    { path: gitFolder, as: "write" },
    ...["HEAD", "index"].map((name) => ({ path: join(commonFolder, name), as: "read" } as const)),
    { path: claudeState, as: "copy", from: join(io, "..", "claude.json") },
    { path: join(claude, claudeShells), as: "copy", from: join(io, "..", claudeShells) },
    ...cargoLayers(caches, host),
  ] satisfies Layer[]).map((layer) => ({ ...layer, path: host.realPath(layer.path) }));
  return {
    applied: { writable, unreadable, network: rules.level === "full" ? "listed" : "public", domains },
    filesystem: {
      denyRead: unreadable,
      // They may lie within what is not to be read.
      allowRead: readable,
      allowWrite: writable,
      denyWrite: closed,
    },
    withheld: [
      ...(host.env.CLAUDE_CODE_USE_BEDROCK
        ? credentialVariables.filter((name) => !name.startsWith("AWS_"))
        : credentialVariables),
      ...(push ? [] : pushVariables),
    ],
    env: {
      ...temporary(tmp),
      ...cacheVariables(caches, host),
      ...gitVariables(host.env),
      NODE_USE_ENV_PROXY: "1",
      IS_SANDBOX: "1",
    },
    layers,
    made,
    links,
    relays: gateways.filter(({ isLoopback }) => isLoopback).map(({ port }) => port),
  };
}

/** Real paths: a link among them leads to what is meant. None that is within another one. */
function unreadablePaths({ rules: { worktrees, push }, secretPaths }: SandboxSpec, host: Host): string[] {
  const paths = [
    ...secretPaths,
    worktrees,
    // Writable in each sandbox, and so no place for what others left there.
    "/tmp/claude",
    ...credentials.filter((path) => !(push && pushCredentials.has(path))).map((path) => join(host.home, path)),
  ].filter(host.exists);
  const all = new Set(paths.map(host.realPath));
  return [...all].filter((path) => ![...all].some((other) => path.startsWith(`${other}/`)));
}

/** Where the Messages API is to be had, where that is said. */
function gatewaysIn(env: Host["env"]): { hostname: string; port: number; isLoopback: boolean }[] {
  return gatewayVariables.flatMap((name) => {
    const url = URL.parse(env[name] ?? "");
    if (url === null || !/^https?:$/.test(url.protocol)) return [];
    const hostname = url.hostname.replace(/^\[|\]$/g, "");
    const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
    const isLoopback = hostname === "localhost" || /^127\./.test(hostname) || hostname === "::1";
    return [{ hostname: isLoopback ? "127.0.0.1" : hostname, port, isLoopback }];
  });
}

function bracketed(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

/** srt sets TMPDIR by the last of them. */
function temporary(tmp: string): Record<string, string> {
  return { TMP: tmp, TEMP: tmp, CLAUDE_CODE_TMPDIR: tmp };
}

/** The folders in which package managers keep what they fetched: the user's own are not a run's to write. */
function cacheVariables(caches: string, { env, home, exists }: Host): Record<string, string> {
  const at = (name: string) => join(caches, name);
  const browsers = env.PLAYWRIGHT_BROWSERS_PATH || join(env.XDG_CACHE_HOME || join(home, ".cache"), "ms-playwright");
  return {
    XDG_CACHE_HOME: at("xdg"),
    npm_config_cache: at("npm"),
    npm_config_store_dir: at("pnpm"),
    YARN_CACHE_FOLDER: at("yarn"),
    BUN_INSTALL_CACHE_DIR: at("bun"),
    DENO_DIR: at("deno"),
    PIP_CACHE_DIR: at("pip"),
    UV_CACHE_DIR: at("uv"),
    CARGO_HOME: at("cargo"),
    GOPATH: at("go"),
    GOCACHE: at("go-build"),
    GRADLE_USER_HOME: at("gradle"),
    // Where `cargo install` and `go install` put what they made.
    PATH: [env.PATH ?? "", join(at("cargo"), "bin"), join(at("go"), "bin")].join(":"),
    // Large, and only read.
    ...(exists(browsers) && { PLAYWRIGHT_BROWSERS_PATH: browsers }),
  };
}

/** What cargo is told about registries and mirrors stays so with a folder of its own. */
function cargoLayers(caches: string, { env, home, exists }: Host): Layer[] {
  const own = env.CARGO_HOME || join(home, ".cargo");
  return ["config.toml", "config"].filter((name) => exists(join(own, name)))
    .map((name) => ({ path: join(caches, "cargo", name), as: "read", from: join(own, name) }));
}

/**
 * git within a sandbox does not see the other worktrees' folders, and must not tidy up after them; its git folder is where
 * only the owner of the repository should let it pack.
 */
function gitVariables(env: Host["env"]): Record<string, string> {
  const first = Number(env.GIT_CONFIG_COUNT) || 0;
  const settings = Object.entries({ "gc.auto": "0", "maintenance.auto": "false", "gc.worktreePruneExpire": "never" });
  return Object.fromEntries([
    ["GIT_CONFIG_COUNT", String(first + settings.length)],
    ...settings.flatMap(([key, value], at) => [
      [`GIT_CONFIG_KEY_${first + at}`, key],
      [`GIT_CONFIG_VALUE_${first + at}`, value],
    ]),
  ]);
}
