// The program around a run: `deno run srt_process.ts FOLDER PROCESSES` opens a sandbox of @anthropic-ai/sandbox-runtime, whose
// manager is one per process, with at most that many processes in it, and starts inside.pl there.
//
// Most of what that takes needs no rules, and is done while the worktree is made: the spec is in FOLDER/spec.json when the first
// byte comes in.
//
// Its output: a line of JSON with what is applied, then `ready`. Its input is the programs', too: when it ends, all ends. A
// failure is a line on stderr and code 1.

import { SandboxManager, type SandboxRuntimeConfig } from "@anthropic-ai/sandbox-runtime";
import { dirname, fromFileUrl, join } from "@std/path";
import { type ChildProcess, spawn } from "node:child_process";
import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { removeFolder } from "../remove_folder.ts";
import { type Files, layerWords } from "./layers.ts";
import { limitProcesses, type ProcessLimit } from "./process_limit.ts";
import { type SandboxSettings, sandboxSettings, type SandboxSpec } from "./srt_settings.ts";

/** The addresses that are nobody's business but this machine's and its network's; of the first there are names, too. */
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
const ownRanges = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8"];
/** Metadata services of clouds that are at none of these. */
const metadataAddresses = ["168.63.129.16/32", "192.0.0.192/32"];

/**
 * The kernel's settings are writable to whom they belong, also in here; the memory that programs of a user share is the
 * machine's. sandbox-runtime leaves both open.
 */
const namespaceWords = ["--ro-bind", "/proc/sys", "/proc/sys", "--unshare-ipc"];

const ownFile = (name: string) => fromFileUrl(new URL(name, import.meta.url));

/** sandbox-runtime keeps its sockets in TMPDIR, where their names are not too long for it; the programs have another one. */
const socketFolderLength = 70;

/** Until there are rules. */
const closed: SandboxRuntimeConfig = {
  network: { allowedDomains: [], deniedDomains: [], strictAllowlist: true },
  filesystem: { denyRead: [], allowWrite: [], denyWrite: [] },
  bwrapPath: ownFile("./bwrap.sh"),
};

async function open(folder: string, maxProcesses: number): Promise<void> {
  const io = join(folder, "io");
  await makePipe(join(io, "control"));
  const limit = limitProcesses(folder, maxProcesses);
  if (io.length <= socketFolderLength) Deno.env.set("TMPDIR", io);
  await SandboxManager.initialize(closed, ({ host }) => Promise.resolve(isPublic(host)));
  requireProgram("bwrap");
  const isWanted = await Deno.stdin.read(new Uint8Array(1)) !== null;
  if (isWanted) await runIn(folder, limit);
  await SandboxManager.reset();
  limit.release();
}

/** Until the first program inside ends. */
async function runIn(folder: string, { processes, prefix }: ProcessLimit): Promise<void> {
  const spec: SandboxSpec = JSON.parse(await Deno.readTextFile(join(folder, "spec.json")));
  const localRemotes = spec.rules.push ? await localRemotesOf(spec) : [];
  const settings = sandboxSettings(spec, {
    ...{ ...files, realPath, localRemotes },
    ...{ home: homeFolder(), env: Deno.env.toObject() },
  });
  await makeMissing(settings.made);
  for (const layer of settings.layers) if (layer.as === "copy") await copy(layer.path, layer.from);
  await prepareCaches(spec.caches);
  const links = settings.links.map((path) => ({ path, to: Deno.readLinkSync(path) }));
  // The programs inherit this process's environment, but for what sandbox-runtime itself withholds and sets.
  for (const [name, value] of Object.entries(settings.env)) Deno.env.set(name, value);
  SandboxManager.updateConfig(configOf(spec, settings));
  const programs = ["perl", ownFile("./inside.pl"), spec.io, ...settings.relays.map(String)].map(quoted).join(" ");
  // With the sockets of the proxy, which are there now.
  const words = [...layerWords(settings.layers, files), ...namespaceWords];
  Deno.env.set("CODER_BWRAP_ARGS", join(folder, "mounts"));
  await Deno.writeTextFile(join(folder, "mounts"), words.map((word) => `${word}\0`).join(""), { mode: 0o600 });
  const command = await SandboxManager.wrapWithSandbox(`${prefix}exec ${programs}`);
  console.log(JSON.stringify({ ...settings.applied, processes }));
  const child = spawn(command, { shell: true, stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => child.kill("SIGKILL"));
  }
  await exitOf(child);
  SandboxManager.cleanupAfterCommand();
  for (const { path, to } of links) await putBack(path, to);
}

/** Of a folder a new one, of a file what is in it. */
async function copy(path: string, to: string): Promise<void> {
  if (files.isFolder(path)) await Deno.mkdir(to, { mode: 0o700 });
  else await Deno.copyFile(path, to);
}

/** A link that a run has replaced; what is in its place now is kept beside it. */
async function putBack(path: string, to: string): Promise<void> {
  if (files.link(path) === to) return;
  if (exists(path)) await Deno.rename(path, `${path}.of-a-run`);
  await Deno.symlink(to, path);
}

function configOf(
  { rules, ownPort }: SandboxSpec,
  { filesystem, withheld, applied }: SandboxSettings,
): SandboxRuntimeConfig {
  const literal = (paths: string[]) => paths.map((path) => ({ path, literal: true as const }));
  const { denyRead, allowRead, allowWrite, denyWrite } = filesystem;
  return {
    network: {
      allowedDomains: applied.domains,
      deniedDomains: ownPort === null ? [] : ownAddresses().map((address) => `${address}:${ownPort}`),
      strictAllowlist: rules.level === "full",
      // Of names that are listed the operator knows where they lead.
      deniedResolvedAddresses: rules.level === "full" ? [] : privateRanges,
    },
    filesystem: {
      denyRead: literal(denyRead),
      allowRead: literal(allowRead),
      allowWrite: literal(allowWrite),
      denyWrite: literal(denyWrite),
    },
    credentials: { envVars: withheld.map((name) => ({ name, mode: "deny" as const })) },
    bwrapPath: ownFile("./bwrap.sh"),
  };
}

/** By which this machine may be called, as a URL has them. */
function ownAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((one) => one ?? []).map(({ address }) => address);
  return [...new Set(["127.0.0.1", "::1", "0.0.0.0", ...addresses])].map((one) => one.includes(":") ? `[${one}]` : one)
    .concat("localhost", Deno.hostname());
}

/** Names are judged again by what they resolve to. */
function isPublic(host: string): boolean {
  const spelled = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  // Takes every spelling of an address to its usual one.
  const hostname = URL.parse(`http://${spelled}/`)?.hostname.replace(/^\[|\]$/g, "");
  if (hostname === undefined) return false;
  const version = isIP(hostname);
  if (version === 0) return !/(^|\.)localhost\.?$/.test(hostname);
  const refused = new BlockList();
  for (const range of [...privateRanges, ...ownRanges, ...metadataAddresses]) {
    const [address, bits] = range.split("/");
    refused.addSubnet(address!, Number(bits), address!.includes(":") ? "ipv6" : "ipv4");
  }
  for (const { address, family } of Object.values(networkInterfaces()).flatMap((one) => one ?? [])) {
    refused.addAddress(address, family === "IPv6" ? "ipv6" : "ipv4");
  }
  // An address that carries one of the older kind leads there.
  if (version === 6 && /^(::ffff:|64:ff9b:|2002:|::)/.test(hostname)) return false;
  return !refused.check(hostname, version === 6 ? "ipv6" : "ipv4");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** sandbox-runtime sees bwrap.sh in its place. */
function requireProgram(name: string): void {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  if (!folders.some((folder) => exists(join(folder, name)))) throw new Error("bubblewrap (bwrap) not found");
}

async function makePipe(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: ["-m", "600", path] }).output();
  if (!success) throw new Error(`Cannot make the pipe ${path}`);
}

/** What is there stays as it is, also what another run made meanwhile. */
export async function makeMissing(files: SandboxSettings["made"]): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    if (exists(path)) continue;
    await Deno.mkdir(content === null ? path : dirname(path), { recursive: true, mode: 0o700 });
    if (content === null) continue;
    await Deno.writeTextFile(path, content, { createNew: true, mode: 0o600 }).catch((error) => {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    });
  }
}

/** The remotes that are repositories of this machine, and hold nothing but that. */
async function localRemotesOf({ rules, secretPaths }: SandboxSpec): Promise<string[]> {
  const args = ["-C", rules.worktree, "config", "--get-regexp", String.raw`^remote\..*\.(push)?url$`];
  const { stdout } = await new Deno.Command("git", { args, stderr: "null" }).output();
  const urls = new TextDecoder().decode(stdout).split("\n").map((line) => line.slice(line.indexOf(" ") + 1));
  const paths = urls.map((url) => realPath(url.replace(/^file:\/\//, ""))).filter((path) => path.startsWith("/"));
  // A run may have written there what it likes.
  const others = [homeFolder(), rules.worktrees, rules.commonFolder, ...secretPaths].map(realPath);
  const isRepository = (path: string) => ["HEAD", "objects", "refs"].every((name) => exists(join(path, name)));
  const holds = (path: string, other: string) => other === path || other.startsWith(`${path}/`);
  return paths.flatMap((path) => [path, join(path, ".git")])
    .filter((path) => isRepository(path) && !others.some((other) => holds(path, other)));
}

/** Whatever a run has left there: what is to be a folder is one, and what is to be covered a file, or nothing. */
async function prepareCaches(caches: string): Promise<void> {
  const cargo = join(caches, "cargo");
  if (kindOf(cargo) !== "folder") {
    await removeFolder(cargo);
    await Deno.mkdir(cargo, { mode: 0o700 });
  }
  for (const path of ["config.toml", "config"].map((name) => join(cargo, name))) {
    if (!["file", null].includes(kindOf(path))) await removeFolder(path);
  }
}

function kindOf(path: string): "folder" | "file" | "other" | null {
  const info = statOf(() => Deno.lstatSync(path));
  return info === undefined ? null : info.isDirectory ? "folder" : info.isFile ? "file" : "other";
}

function homeFolder(): string {
  return Deno.env.get("HOME") ?? "/";
}

const files: Files = {
  exists,
  isFolder: (path) => statOf(() => Deno.statSync(path).isDirectory) ?? false,
  entries: (path) => statOf(() => [...Deno.readDirSync(path)].map(({ name }) => join(path, name))) ?? [],
  link: (path) => statOf(() => Deno.readLinkSync(path)) ?? null,
};

function exists(path: string): boolean {
  return statOf(() => Deno.lstatSync(path)) !== undefined;
}

function realPath(path: string): string {
  return statOf(() => Deno.realPathSync(path)) ?? path;
}

/** Undefined for what is not there, or not ours to look at. */
function statOf<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("exit", () => resolve());
    child.on("error", reject);
  });
}

if (import.meta.main) {
  try {
    await open(Deno.args[0]!, Number(Deno.args[1]));
    Deno.exit(0);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}
