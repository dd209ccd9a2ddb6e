// Starts the service: reads the environment, puts the floors together, serves, and stops softly.

import { basename, dirname, join } from "@std/path";
import { delay } from "@std/async";
import { parseEnv } from "node:util";
import denoJson from "./deno.json" with { type: "json" };
import { addedRepositories } from "./core/host/added_repositories.ts";
import { announcement, openWords, urlOf } from "./core/host/announcement.ts";
import { type Config, ConfigError, readConfig, variables } from "./core/host/config.ts";
import { DomainError, messageOf } from "./core/domain/error.ts";
import type { EngineSettings } from "./core/engine/context.ts";
import { slotsWithoutAsking } from "./core/engine/dispatch/slots.ts";
import { leaseTimes } from "./core/engine/dispatch/worker_watch.ts";
import { engine } from "./core/engine/engine.ts";
import {
  givenToken,
  makeDataFolder,
  ownToken,
  tellUrl,
  tokenInUse,
  tokenPath,
  workerId,
} from "./core/host/local_identity.ts";
import { type Preflight, preflight } from "./core/host/preflight.ts";
import { runMaintenance } from "./core/host/maintenance.ts";
import type { Service } from "./core/engine/service/service.ts";
import { settingsShown, tokenShown } from "./core/host/shown_settings.ts";
import { hasSecretsToHide, launchUnlimited } from "./core/host/launcher.ts";
import { UnknownOutcome } from "./core/kv/kv.ts";
import { isRemote, openStore, type Store } from "./core/kv/store.ts";
import { storedBytes } from "./core/host/stored_bytes.ts";
import { descriptorLimit } from "./core/host/descriptors.ts";
import { diskReserve } from "./core/host/disk_reserve.ts";
import { folderBytes, leastFreeBytes } from "./core/host/disk_space.ts";
import { inspectRepository } from "./core/process/git/git.ts";
import { gitExchange } from "./core/process/git/git_exchange.ts";
import { gitWorktrees } from "./core/process/git/git_worktrees.ts";
import { gitLandings } from "./core/process/git/landing/git_landings.ts";
import { poster } from "./core/process/post.ts";
import { pullRequests } from "./core/process/gh.ts";
import { Sites } from "./core/process/git/sites.ts";
import { exchangeUrls } from "./core/process/project/exchange_urls.ts";
import { projects } from "./core/process/project/project_settings.ts";
import { stepRunner } from "./core/process/project/step_process.ts";
import { taskPorts } from "./core/process/project/task_ports.ts";
import { takeOver } from "./core/process/hand_over.ts";
import { newEndpointsCode } from "./core/host/kv_endpoints.ts";
import { chainBreaks, launchedVariable, launcherChain } from "./core/host/launcher_chain.ts";
import { endSurvivors } from "./core/process/survivors.ts";
import { waitingHelper } from "./core/process/waiting_helper.ts";
import { watchOver } from "./core/process/watcher.ts";
import { type Log, type LogFormat, logger, printable } from "./core/host/log.ts";
import { sharedTimers } from "./core/host/shared_timers.ts";
import { systemClock, systemRandom } from "./core/host/system.ts";
import { ensureIslands, islandsDist } from "./core/host/build_islands.ts";
import { assetRoutes, loadAssets } from "./routes/pages/assets.ts";
import { type App, type AppOptions, makeApp } from "./routes/app.ts";
import { canServeConnections, Connections, connectionsAtMost } from "./routes/guard/connections.ts";
import { guardOptions, isLoopback, type Token } from "./routes/guard/guard.ts";
import { pageAnswers } from "./routes/pages/page_answer.ts";
import { pages } from "./routes/pages/pages.tsx";

const version = denoJson.version;
const clock = { ...systemClock, timer: sharedTimers(systemClock) };
/** A soft stop that takes longer than this is ended hard. */
const stopWithinMs = 30_000;
/** Signals closer together than this are one: a Ctrl-C through `deno task` arrives twice. */
const sameSignalMs = 1_000;
const storeRetryMs = 1_000;
const kvTokenVariable = "DENO_KV_ACCESS_TOKEN";

let format: LogFormat = Deno.env.get("CODER_LOG") === "json" ? "json" : "text";
let log = logger({ format, now: systemClock.now });

/** From now on the log is as the settings say, and says also what the runtime would print raw. */
function useLog(config: Config): Log["warn"] {
  format = config.log;
  log = logger({ format, now: systemClock.now, secrets: [config.token, Deno.env.get(kvTokenVariable)] });
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
  const store = await openedStore(config, { share, warn });
  let port: number | null = null;
  const found = await preflight(config, {
    port: () => port,
    clock: systemClock,
    uid: Deno.uid(),
    isSandbox: Deno.env.get("IS_SANDBOX"),
    hasAdded: ((await store.log.head(0))?.repositories ?? []).length > 0,
  });
  await makeDataFolder(config.data);
  for (const name of ["logs", "guards"]) await Deno.mkdir(join(config.data, name), { recursive: true });
  const worker = { id: await workerId(config.data, systemRandom), name: config.workerName };
  const { token, shown } = await tokenOf(config);
  const settings = engineSettings(config, found);
  const rootOf = (name: string) => worktreeRoot(config, name, found.repoPaths.get(name)!);
  const sites = new Sites({
    repos: found.repoPaths,
    root: rootOf,
    store: store.id,
    copies: join(config.data, "git"),
  });
  const worktrees = gitWorktrees(sites);
  const ofRepositories = projects({
    readAtCommit: (repo, commit, path) => worktrees.readAtCommit(repo, commit, path),
    folder: join(config.data, "repositories"),
    exchanges: found.exchanges,
  });
  const urls = exchangeUrls({ repos: () => found.repoPaths.keys(), projects: ofRepositories, warn });
  const stored = storedBytes({
    logs: join(config.data, "logs"),
    database: isRemote(config.kv) ? null : config.kv,
    retentionDays: config.retentionDays,
    now: systemClock.now,
    warn,
  });
  const coder = engine({
    store,
    clock,
    random: systemRandom,
    worktrees,
    landings: gitLandings(sites),
    outgoing: worktrees,
    exchange: gitExchange(sites, urls),
    projects: ofRepositories,
    steps: stepRunner(),
    ports: taskPorts(),
    sandboxes: found.sandboxes,
    waitingHelper,
    agent: found.agent,
    worker,
    settings,
    freeBytes: () => leastFreeBytes([config.data, ...[...found.repoPaths.keys()].map(rootOf)]),
    folderBytes,
    poster: poster(config.webhookHosts),
    reserve: diskReserve(join(config.data, "reserve")),
    warn,
  }, {
    endSurvivors,
    watcher: await watchOver({ limitMs: leaseTimes.watchMs, warn }),
    pid: Deno.pid,
    surroundings: () => ({
      version,
      agent: found.agentState(),
      git: found.git,
      repos: found.repos,
      root: found.root,
      containment: found.containment,
      sandbox: found.sandbox(),
      token: token !== null,
      stored: stored.current(),
    }),
    pullRequests: pullRequests(found.repoPaths),
    repositories: {
      inspect: inspectRepository,
      projects: ofRepositories,
      added: addedRepositories({
        ...{ found, names: settings.repos, data: config.data, warn },
        worktreeRoot: (name, path) => worktreeRoot(config, name, path),
      }),
    },
    setUp: {
      settings: settingsShown(config, { hostname: Deno.hostname(), home: Deno.env.get("HOME") }),
      token: tokenShown(config, { asked: token !== null }),
    },
    upkeep: { worktrees, retentionDays: config.retentionDays },
  });
  const app = makeApp({
    service: coder.service,
    guard: guardOptions({ ...config, hostname: Deno.hostname(), token }),
    version,
    ...await webPages(coder.service, warn),
    warn,
    timer: clock.timer,
  });
  const descriptors = launcher?.descriptors ?? await descriptorLimit();
  const server = config.port === null
    ? null
    : listen(config, { port: config.port, handler: app.fetch, descriptors, warn });
  port = server?.port ?? null;
  await coder.start();
  await tellUrl(config.data, port === null ? null : urlOf(config, port));
  announceOpen(config, port);
  void stored.look();
  const ticking = new AbortController();
  Deno.cron(
    "look at the queue",
    "* * * * *",
    { signal: ticking.signal },
    () => {
      stored.current();
      return coder.tick().catch((error) => warn("Cannot look at the queue", error));
    },
  );
  const stop = stopOnSignal(async () => {
    ticking.abort();
    app.streams.closeAll();
    await coder.stop();
    await server?.shutdown();
    await tellUrl(config.data, null);
    store.close();
  });
  // They pass signals on; when one was ended that does not, nobody else does.
  if (launcher) launcher.released.then(stop);
  else void launcherChain(Deno.pid).then(chainBreaks).then(stop);
  await found.complete;
  announce(config, found, { port, token: shown });
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

/** A server that is not up yet is waited for; what is wrong with a file is told at once. */
async function openedStore(config: Config, { share, warn }: { share: boolean; warn: Log["warn"] }): Promise<Store> {
  const onForbidden = (error: Error) => {
    log.error(`The store at ${config.kv} is now to be called where this service may not; it ends to begin anew`, error);
    Deno.exit(newEndpointsCode);
  };
  const options = { clock, random: systemRandom, share, connect: connector(config), onForbidden };
  for (let tries = 0;; tries++) {
    try {
      return await openStore(config.kv, options);
    } catch (error) {
      const mayPass = error instanceof UnknownOutcome || (error instanceof DomainError && error.code === "unavailable");
      if (!isRemote(config.kv) || !mayPass) throw error;
      if (tries === 0) warn(`Waiting for the store at ${config.kv}`, error);
      await delay(storeRetryMs);
    }
  }
}

/**
 * Opens the store, as often as that is needed. Deno takes a server's token from the environment only; it is there no longer than
 * that takes, so that nobody else finds it.
 */
function connector({ kvTokenFile }: Config): (location: string) => Promise<Deno.Kv> {
  const given = Deno.env.get(kvTokenVariable);
  Deno.env.delete(kvTokenVariable);
  return async (location) => {
    const token = kvTokenFile === null ? given : (await Deno.readTextFile(kvTokenFile)).trim();
    if (token) Deno.env.set(kvTokenVariable, token);
    try {
      // It is read before this returns, and an answer may never come.
      return Deno.openKv(location);
    } finally {
      Deno.env.delete(kvTokenVariable);
    }
  };
}

/** The token that is asked for, and what to say of it; beyond loopback, a proxy's included, one is made when none is set. */
async function tokenOf(config: Config): Promise<{ token: Token; shown: string | null }> {
  if (config.token !== null) return { token: config.token, shown: "as CODER_TOKEN says" };
  const inUse = (path: string, first: string) => tokenInUse(path, { first, clock: systemClock });
  if (config.tokenFile !== null) {
    return { token: inUse(config.tokenFile, await givenToken(config.tokenFile)), shown: `in ${config.tokenFile}` };
  }
  if (isLoopback(config.host) && config.publicUrl === null) return { token: null, shown: null };
  const path = tokenPath(config.data);
  const { token, made } = await ownToken(config.data);
  return { token: inUse(path, token), shown: made ? token : `in ${path}` };
}

/** Answers requests, on no more connections than leave the agents their descriptors. */
function listen(
  { host, maxConcurrent }: Config,
  { port, handler, descriptors, warn }: {
    port: number;
    handler: App["fetch"];
    descriptors: number | null;
    warn: Log["warn"];
  },
): { port: number; shutdown(): Promise<void> } {
  const onError = (error: unknown) => {
    warn("A request failed", error);
    return new Response("Internal error", { status: 500 });
  };
  if (canServeConnections()) {
    // Slots may be added while it runs.
    const agents = Math.max(maxConcurrent, slotsWithoutAsking);
    const atMost = connectionsAtMost({ descriptors, agents });
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
    labels: config.labels,
    url: config.workerUrl,
    publicUrl: config.publicUrl,
    holdMs: config.holdSeconds * 1_000,
    promptSuffix: config.promptSuffix,
    stallMs: config.stallSeconds * 1_000,
    timeoutSeconds: config.timeoutSeconds,
    silenceSeconds: config.silenceSeconds,
    maxOutputBytes: config.maxOutputMb * 1_048_576,
    logs: join(config.data, "logs"),
    guards: join(config.data, "guards"),
  };
}

/** The web pages, with their scripts built from the present sources. */
async function webPages(
  service: Service,
  warn: Log["warn"],
): Promise<Pick<AppOptions, "pages" | "missing" | "stylesheet">> {
  await ensureIslands();
  const assets = await loadAssets({ dist: islandsDist });
  const begin = pageAnswers({ service, assets, warn });
  return {
    pages: [assetRoutes(assets), pages({ service, begin })],
    missing: (c) => begin(c)({ kind: "nowhere" }, 404),
    stylesheet: assets.urls.style,
  };
}

/** `backup`, `restore`, `verify` and `token` instead of the service. */
async function maintain(): Promise<void> {
  const ports = { clock: systemClock, random: systemRandom };
  const { lines, code } = await runMaintenance(readEnvironment(), Deno.args, ports);
  for (const line of lines.flatMap((one) => one.split("\n"))) console.log(printable(line));
  Deno.exit(code);
}

function worktreeRoot(config: Config, name: string, path: string): string {
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

function announceOpen(config: Config, port: number | null): void {
  const words = openWords(config, port);
  if (format === "json") log.info(`Personal Coder ${version}`);
  else console.log(`Personal Coder ${version}\n`);
  sayRow(["Open", words], words);
}

/** A log may be kept in many places: a token is named there by `logged`. */
function sayRow([name, text]: [name: string, text: string], logged: string): void {
  if (format === "json") log.info(`${name}: ${logged}`);
  else console.log(`  ${name.padEnd(11)} ${printable(text)}`);
}

function announce(
  config: Config,
  found: Preflight,
  { port, token }: { port: number | null; token: string | null },
): void {
  const { rows, hint } = announcement(config, found, { port, token });
  for (const row of rows) sayRow(row, row[1] === token ? "in the data folder" : row[1]);
  if (format !== "json") console.log(hint);
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
