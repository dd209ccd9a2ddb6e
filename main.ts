// Starts the service: reads the environment, puts the floors together, serves, and stops softly.

import { basename, dirname, join } from "@std/path";
import { parseEnv } from "node:util";
import denoJson from "./deno.json" with { type: "json" };
import { type Config, ConfigError, readConfig, variables } from "./core/host/config.ts";
import { DomainError, messageOf } from "./core/domain/error.ts";
import type { EngineSettings } from "./core/engine/context.ts";
import { engine } from "./core/engine/engine.ts";
import { givenToken, makeDataFolder, ownToken, tokenInUse, tokenPath, workerId } from "./core/host/local_identity.ts";
import { type Preflight, preflight } from "./core/host/preflight.ts";
import { runMaintenance } from "./core/host/maintenance.ts";
import type { Service } from "./core/engine/service/service.ts";
import { hasSecretsToHide, launchUnlimited } from "./core/host/launcher.ts";
import { openStore } from "./core/kv/store.ts";
import { descriptorLimit } from "./core/host/descriptors.ts";
import { freeBytes } from "./core/host/disk_space.ts";
import { inspectRepository } from "./core/process/git/git.ts";
import { gitWorktrees } from "./core/process/git/git_worktrees.ts";
import { gitLandings } from "./core/process/git/landing/git_landings.ts";
import { pullRequests } from "./core/process/gh.ts";
import { Sites } from "./core/process/git/sites.ts";
import { projects } from "./core/process/project/project_settings.ts";
import { stepRunner } from "./core/process/project/step_process.ts";
import { taskPorts } from "./core/process/project/task_ports.ts";
import { takeOver } from "./core/process/hand_over.ts";
import { isUnbroken, launchedVariable, launcherChain, type Link } from "./core/host/launcher_chain.ts";
import { endSurvivors } from "./core/process/survivors.ts";
import { type Log, type LogFormat, logger, printable } from "./core/host/log.ts";
import { systemClock, systemRandom } from "./core/host/system.ts";
import type { Hono } from "hono";
import { buildIslands, islandsAreStale, islandsDist } from "./core/host/build_islands.ts";
import { assetRoutes, loadAssets } from "./routes/pages/assets.ts";
import { type App, makeApp } from "./routes/app.ts";
import { canServeConnections, Connections, connectionsAtMost } from "./routes/guard/connections.ts";
import { allowedHosts, isLoopback, type Token } from "./routes/guard/guard.ts";
import { pages } from "./routes/pages/pages.tsx";

const version = denoJson.version;
/** A soft stop that takes longer than this is ended hard. */
const stopWithinMs = 30_000;
/** Signals closer together than this are one: a Ctrl-C through `deno task` arrives twice. */
const sameSignalMs = 1_000;
const launcherLookMs = 1_000;

let format: LogFormat = Deno.env.get("CODER_LOG") === "json" ? "json" : "text";
let log = logger({ format, now: systemClock.now });

/** From now on the log is as the settings say, and says also what the runtime would print raw. */
function useLog(config: Config): Log["warn"] {
  format = config.log;
  log = logger({ format, now: systemClock.now, secrets: [config.token, Deno.env.get("DENO_KV_ACCESS_TOKEN")] });
  const end = (error: unknown) => {
    log.error("An error that nobody handled ends the service", error);
    Deno.exit(1);
  };
  addEventListener("unhandledrejection", ({ reason }) => end(reason));
  addEventListener("error", ({ error, message }) => end(error ?? message));
  return log.warn;
}

/** The environment, completed by `.env`; secrets leave the environment, so no child can inherit them. */
function readEnvironment(): Config {
  let file: Record<string, string | undefined> = {};
  try {
    file = parseEnv(Deno.readTextFileSync(".env"));
  } catch (error) {
    // Under limited permissions the launcher has read it.
    const isExpected = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable;
    if (!isExpected) throw new ConfigError(`Cannot read .env: ${messageOf(error)}`);
  }
  for (const [name, value] of Object.entries(file)) {
    if (value !== undefined && Deno.env.get(name) === undefined) Deno.env.set(name, value);
  }
  const config = readConfig(ownSettings(), { hostname: Deno.hostname(), home: Deno.env.get("HOME") });
  for (const name of variables) Deno.env.delete(name);
  return config;
}

function ownSettings(): Record<string, string | undefined> {
  try {
    return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => name.startsWith("CODER_")));
  } catch (error) {
    // Limited to names: then the launcher has looked for others.
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    return Object.fromEntries(variables.map((name) => [name, Deno.env.get(name)]));
  }
}

async function start(): Promise<void> {
  const launcher = await fromLauncher();
  const config = readEnvironment();
  const warn = useLog(config);
  // Only for tests/chaos: two services on one local file, so that one can take over what a stopped one holds. SQLite was
  // not made to be waited on by a process that is stopped in the middle of a commit.
  const share = Deno.env.get("PERSONAL_CODER_TEST_SHARE") === "1";
  const store = await openStore(config.kv, { clock: systemClock, random: systemRandom, share });
  // Read by now, and of no use to anyone else.
  Deno.env.delete("DENO_KV_ACCESS_TOKEN");
  const found = await preflight(config, {
    clock: systemClock,
    uid: Deno.uid(),
    isSandbox: Deno.env.get("IS_SANDBOX"),
  });
  await makeDataFolder(config.data);
  await Deno.mkdir(join(config.data, "logs"), { recursive: true });
  const worker = { id: await workerId(config.data, systemRandom), name: config.workerName };
  const { token, shown } = await tokenOf(config);
  const sites = new Sites({
    repos: found.repoPaths,
    root: (name) => worktreeRoot(config, found, name),
    store: store.id,
  });
  const worktrees = gitWorktrees(sites);
  const ofRepositories = projects({
    readAtCommit: (repo, commit, path) => worktrees.readAtCommit(repo, commit, path),
    folder: join(config.data, "repositories"),
  });
  const coder = engine({
    store,
    clock: systemClock,
    random: systemRandom,
    worktrees,
    landings: gitLandings(sites),
    outgoing: worktrees,
    projects: ofRepositories,
    steps: stepRunner(),
    ports: taskPorts(),
    agent: found.agent,
    worker,
    settings: engineSettings(config, found),
    freeBytes: () => freeBytes(config.data),
    warn,
  }, {
    endSurvivors,
    pid: Deno.pid,
    surroundings: () => ({
      version,
      agent: found.agentState(),
      git: found.git,
      repos: found.repos,
      root: found.root,
      containment: found.containment,
      token: token !== null,
    }),
    pullRequests: pullRequests(found.repoPaths),
    repositories: { inspect: inspectRepository, projects: ofRepositories },
    upkeep: { worktrees, retentionDays: config.retentionDays },
  });
  const app = makeApp({
    service: coder.service,
    guard: { hosts: allowedHosts(config.host, Deno.hostname()), anyAddress: !isLoopback(config.host), token },
    version,
    ...await webPages(coder.service),
    warn,
  });
  const descriptors = launcher?.descriptors ?? await descriptorLimit();
  const server = listen(config, app.fetch, { descriptors, warn });
  await coder.start();
  const ticking = new AbortController();
  Deno.cron(
    "look at the queue",
    "* * * * *",
    { signal: ticking.signal },
    () => coder.tick().catch((error) => warn("Cannot look at the queue", error)),
  );
  const stop = stopOnSignal(async () => {
    ticking.abort();
    app.streams.closeAll();
    await coder.stop();
    await server.shutdown();
    store.close();
  });
  // It passes signals on; when it was killed, nobody does.
  if (launcher) launcher.released.then(stop);
  else stopWithLaunchers(await launcherChain(Deno.pid), stop);
  announce(config, found, { port: server.port, token: shown });
}

/** What the launcher passed on, its secrets where settings are read; null when nobody launched us. */
async function fromLauncher(): Promise<Awaited<ReturnType<typeof takeOver>> | null> {
  if (Deno.env.get(launchedVariable) !== "1") return null;
  // Not for an agent, which may start a service of its own.
  Deno.env.delete(launchedVariable);
  const given = await takeOver(Deno.stdin.readable);
  for (const [name, value] of Object.entries(given.secrets)) Deno.env.set(name, value);
  return given;
}

/** The token that is asked for, and what to say of it; beyond loopback one is made when none is set. */
async function tokenOf(config: Config): Promise<{ token: Token; shown: string | null }> {
  if (config.token !== null) return { token: config.token, shown: "as CODER_TOKEN says" };
  const inUse = (path: string, first: string) => tokenInUse(path, { first, clock: systemClock });
  if (config.tokenFile !== null) {
    return { token: inUse(config.tokenFile, await givenToken(config.tokenFile)), shown: `in ${config.tokenFile}` };
  }
  if (isLoopback(config.host)) return { token: null, shown: null };
  const path = tokenPath(config.data);
  const { token, made } = await ownToken(config.data);
  return { token: inUse(path, token), shown: made ? token : `in ${path}` };
}

/** Answers requests, on no more connections than leave the agents their descriptors. */
function listen(
  { host, port, maxConcurrent }: Config,
  handler: App["fetch"],
  { descriptors, warn }: { descriptors: number | null; warn: Log["warn"] },
): { port: number; shutdown(): Promise<void> } {
  const onError = (error: unknown) => {
    warn("A request failed", error);
    return new Response("Internal error", { status: 500 });
  };
  if (canServeConnections()) {
    const atMost = connectionsAtMost({ descriptors, agents: maxConcurrent });
    return new Connections({ hostname: host, port, atMost, handler, onError, warn });
  }
  warn(`Deno ${Deno.version.deno} serves no single connections: their number has no bound`, null);
  const server = Deno.serve({ hostname: host, port, onListen: () => {}, onError }, handler);
  return { port: server.addr.port, shutdown: () => server.shutdown() };
}

function engineSettings(config: Config, found: Preflight): EngineSettings {
  return {
    maxConcurrent: config.maxConcurrent,
    repos: [...found.repoPaths.keys()],
    promptSuffix: config.promptSuffix,
    stallMs: config.stallSeconds * 1_000,
    timeoutSeconds: config.timeoutSeconds,
    maxOutputBytes: config.maxOutputMb * 1_048_576,
    logs: join(config.data, "logs"),
  };
}

/** The web pages, with their scripts built from the present sources. */
async function webPages(service: Service): Promise<{ pages: Hono[]; stylesheet: string }> {
  if (await islandsAreStale()) await buildIslands();
  const assets = await loadAssets({ dist: islandsDist });
  return { pages: [assetRoutes(assets), pages({ service, assets })], stylesheet: assets.urls.style };
}

/** `backup`, `restore`, `verify` and `token` instead of the service. */
async function maintain(): Promise<void> {
  const ports = { clock: systemClock, random: systemRandom };
  const { lines, code } = await runMaintenance(readEnvironment(), Deno.args, ports);
  for (const line of lines.flatMap((one) => one.split("\n"))) console.log(printable(line));
  Deno.exit(code);
}

function worktreeRoot(config: Config, found: Preflight, name: string): string {
  const path = found.repoPaths.get(name)!;
  return config.worktrees ? join(config.worktrees, name) : join(dirname(path), `${basename(path)}-worktrees`);
}

/** Stops softly at the first signal, at once at a later second one. Returns what stops softly unless it is stopping already. */
function stopOnSignal(stop: () => Promise<void>): () => void {
  let first: number | null = null;
  const onSignal = () => {
    if (first !== null) {
      if (performance.now() - first > sameSignalMs) Deno.exit(1);
      return;
    }
    first = performance.now();
    log.info("Stopping: agents are ended, their tasks go back to the queue");
    const late = setTimeout(() => {
      log.error(`Could not stop within ${stopWithinMs / 1_000} s`, null);
      Deno.exit(1);
    }, stopWithinMs);
    stop().then(() => {
      clearTimeout(late);
      log.info("Stopped");
      Deno.exit(0);
    }, (error) => {
      log.error("Could not stop cleanly", error);
      Deno.exit(1);
    });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(signal, onSignal);
  return () => {
    if (first === null) onSignal();
  };
}

/** Stops softly when `npx` or `deno task` above us was ended without passing the signal on. */
function stopWithLaunchers(chain: Link[], stop: () => void): void {
  if (chain.length < 2) return;
  const timer = setInterval(async () => {
    if (await isUnbroken(chain)) return;
    clearInterval(timer);
    stop();
  }, launcherLookMs);
}

function containmentWords({ kind, reason }: Preflight["containment"]): string {
  return kind === "none" ? `one that hides may outlive its run: ${reason}` : `held together by a ${kind}`;
}

function announce(config: Config, found: Preflight, { port, token }: {
  port: number;
  token: string | null;
}): void {
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  const url = `http://${["0.0.0.0", "[::]"].includes(host) ? "localhost" : host}:${port}`;
  const agent = found.agentState();
  const rows: [string, string][] = [
    ["Open", url],
    ["Agent", agent.kind === "missing" ? `missing: ${agent.hint}` : agent.name],
    ...(agent.notice ? [["", agent.notice] as [string, string]] : []),
    ...(agent.kind !== "missing" && agent.hint ? [["", agent.hint] as [string, string]] : []),
    ["Git", found.git],
    ...found.repos.map(({ name, path, branch, head }): [string, string] => [
      "Repository",
      `${name}: ${path} (${branch ?? "detached"} at ${head.slice(0, 7)})`,
    ]),
    ["Data", config.data],
    ["User", found.root ? "root" : "not root"],
    ["Processes", containmentWords(found.containment)],
    ...(token ? [["Token", token] as [string, string]] : []),
  ];
  if (format === "json") {
    log.info(`Personal Coder ${version}`);
    // A log may be kept in many places; the file is in one.
    for (const [name, text] of rows) log.info(`${name}: ${text === token ? "in the data folder" : text}`);
    return;
  }
  console.log(`Personal Coder ${version}\n`);
  for (const [name, text] of rows) console.log(`  ${name.padEnd(11)} ${printable(text)}`);
  const auth = token ? ` -H 'authorization: Bearer <token>'` : "";
  console.log(`
Submit a task, then watch it:

  curl ${url}/api/tasks${auth} --json '{"prompt": "Add a function that greets in French, and commit it"}'
  curl -N ${url}/api/tasks/1/stream${auth}
`);
}

try {
  if (Deno.args.length > 0) await maintain();
  else if (await hasSecretsToHide()) await launchUnlimited();
  else await start();
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof DomainError;
  const words = Deno.args.length === 0 ? `Cannot start: ${startMessage(error)}` : messageOf(error);
  if (!expected && !(error instanceof Deno.errors.AddrInUse)) log.error(words, error);
  else if (format === "json") log.error(words, null);
  else console.error(printable(words));
  Deno.exit(1);
}

function startMessage(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `the port is taken: stop what listens there, or set CODER_PORT to another one (0: any free port)`;
  }
  return messageOf(error);
}
