// The real claude program for the tests, at the version whose behaviour was measured, and the environment that makes it
// talk to a scripted API (messages_api.ts) instead of the service. Needs npm and, the first time, its registry; nothing
// is read from or written to the user's own claude installation or settings.

import { join } from "@std/path";
import { testedVersions } from "../../core/process/claude/claude_probe.ts";
import { cacheFolder, installOnce } from "./install_once.ts";

/** A version, or `latest` for whatever is newest: for a job that looks for what changed. */
const chosen = Deno.env.get("TEST_CLAUDE_VERSION");
/** The version that the tests run, when they do not ask for another. */
export const claudeVersion = chosen ?? testedVersions.newest;

const installTimeoutMs = 5 * 60_000;

const programs = new Map<string, Promise<string>>();

/**
 * The absolute path of the claude executable, installed from npm into a cache folder at the first call on this machine
 * (a download of some 130 MB; npm checks its integrity). Test processes that need it at the same time install it once.
 * Throws with one line that says what to do when that is not possible.
 */
export function claudeProgram(version = claudeVersion): Promise<string> {
  const known = programs.get(version);
  if (known) return known;
  const program = findOrInstall(version);
  programs.set(version, program);
  return program;
}

async function findOrInstall(wanted: string): Promise<string> {
  const version = wanted === "latest" ? await newestVersion() : wanted;
  const name = platformPackage();
  const executable = executableWithin(name);
  return await installOnce(join(cacheFolder(), "personal-coder-tests", `${name}-${version}`), {
    executable,
    async install(staging) {
      await install(name, { version, folder: staging });
      await requireVersion(join(staging, executable), version);
    },
  });
}

/** The main package only starts the one of these that fits; taking it directly needs no install script. */
function platformPackage(): string {
  const os = { linux: "linux", darwin: "darwin", windows: "win32" }[Deno.build.os as string];
  const arch = { x86_64: "x64", aarch64: "arm64" }[Deno.build.arch];
  if (!os || !arch) throw new Error(`Cannot run the tests on ${Deno.build.os} ${Deno.build.arch}: claude has no build`);
  const libc = os === "linux" && usesMusl() ? "-musl" : "";
  return `claude-code-${os}-${arch}${libc}`;
}

function usesMusl(): boolean {
  try {
    return Array.from(Deno.readDirSync("/lib")).some((entry) => entry.name.startsWith("ld-musl-"));
  } catch {
    return false;
  }
}

function executableWithin(name: string): string {
  return join("node_modules", "@anthropic-ai", name, Deno.build.os === "windows" ? "claude.exe" : "claude");
}

async function newestVersion(): Promise<string> {
  const output = await npm(["view", "@anthropic-ai/claude-code", "version"], Deno.cwd());
  const version = new TextDecoder().decode(output.stdout).trim();
  if (!/^\d+(\.\d+)+$/.test(version)) throw new Error(`npm says that the newest claude is ${JSON.stringify(version)}`);
  return version;
}

async function npm(args: string[], cwd: string): Promise<Deno.CommandOutput> {
  return await new Deno.Command(Deno.build.os === "windows" ? "npm.cmd" : "npm", {
    args,
    cwd,
    stdin: "null",
    signal: AbortSignal.timeout(installTimeoutMs),
  }).output();
}

async function install(
  name: string,
  { version, folder }: { version: string; folder: string },
): Promise<void> {
  const spec = `@anthropic-ai/${name}@${version}`;
  const advice = `Cannot install ${spec}, which the tests run: they need npm and its registry, once`;
  const args = ["install", "--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", spec];
  let output: Deno.CommandOutput;
  try {
    output = await npm(args, folder);
  } catch (cause) {
    throw new Error(advice, { cause });
  }
  if (!output.success) throw new Error(`${advice}\n${new TextDecoder().decode(output.stderr)}`);
}

async function requireVersion(executable: string, version: string): Promise<void> {
  const output = await new Deno.Command(executable, { args: ["--version"], stdin: "null" }).output();
  const said = new TextDecoder().decode(output.stdout);
  if (!said.startsWith(`${version} `)) {
    throw new Error(`Cannot use ${executable}: it says ${JSON.stringify(said)} to --version, not ${version}`);
  }
}

/**
 * What to add to the environment of claude, or of the service that starts it, so that it talks to `baseUrl` and to
 * nobody else, and keeps its settings and sessions in `home`, a folder of the test.
 */
export function claudeEnv(
  { baseUrl, home, maxRetries = 1, isSubscriber = false }: {
    baseUrl: string;
    home: string;
    maxRetries?: number;
    /** Logged in by a subscription: then claude tells its usage limits. */
    isSubscriber?: boolean;
  },
): Record<string, string> {
  return {
    ANTHROPIC_BASE_URL: baseUrl,
    ANTHROPIC_API_KEY: isSubscriber ? "" : "dummy",
    // An empty value counts as unset: what the developer's own shell says must not lead claude elsewhere.
    ANTHROPIC_AUTH_TOKEN: "",
    ANTHROPIC_MODEL: "",
    CLAUDE_CODE_OAUTH_TOKEN: isSubscriber ? "sk-ant-oat01-dummy" : "",
    CLAUDE_CODE_USE_BEDROCK: "",
    CLAUDE_CODE_USE_VERTEX: "",
    HOME: home,
    CLAUDE_CONFIG_DIR: join(home, ".claude"),
    // Deno's own cache stays where it was, so that a service started with this HOME downloads nothing.
    DENO_DIR: Deno.env.get("DENO_DIR") ?? join(cacheFolder(), "deno"),
    // It retries 429, 5xx and lost connections ten times by default, for minutes. The first retry waits about 0.6 s.
    CLAUDE_CODE_MAX_RETRIES: String(maxRetries),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_ERROR_REPORTING: "1",
    // As root it refuses --dangerously-skip-permissions without this.
    ...(Deno.uid() === 0 ? { IS_SANDBOX: "1" } : {}),
    no_proxy: "127.0.0.1,localhost",
    NO_PROXY: "127.0.0.1,localhost",
  };
}
