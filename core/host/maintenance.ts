// What is done to a data folder from the command line: backup, restore, verify, token. Each returns what to print.

import { join } from "@std/path";
import type { Config } from "./config.ts";
import { DomainError } from "../domain/error.ts";
import type { Clock, Random } from "../domain/ports.ts";
import { backupDatabase, restoreDatabase } from "../kv/backup.ts";
import { isRemote, lockDatabase, openStore } from "../kv/store.ts";
import type { Verification } from "../kv/verify.ts";
import { newToken, tokenPath } from "./local_identity.ts";

export interface Report {
  lines: string[];
  /** The exit code. */
  code: 0 | 1;
}

interface Ports {
  clock: Clock;
  random: Random;
}

const differencesShown = 100;

export async function runMaintenance(
  config: Config,
  [command, ...args]: string[],
  ports: Ports,
): Promise<Report> {
  switch (command) {
    case "backup":
      return await backup(config, args[0], ports);
    case "restore":
      return await restore(config, args[0], ports);
    case "verify":
      return await verifyStore(config, { mend: args.includes("--repair") }, ports);
    case "token":
      return await replaceToken(config);
    default:
      throw new DomainError("invalid", `There is no command "${command}"; known are backup, restore, verify, token`);
  }
}

async function replaceToken(config: Config): Promise<Report> {
  const isElsewhere = config.tokenFile !== null && config.tokenFile !== tokenPath(config.data);
  if (config.token !== null || isElsewhere) {
    const name = isElsewhere ? "CODER_TOKEN_FILE" : "CODER_TOKEN";
    throw new DomainError("invalid", `${name} is set and counts: change it where it is set, and start again`);
  }
  const token = await newToken(config.data);
  return said(
    token,
    `It is kept in ${join(config.data, "token")}, and counts within a second where the service asks for one (bound ` +
      "beyond loopback); the old one counts no more",
  );
}

async function backup(config: Config, file: string | undefined, { clock }: Ports): Promise<Report> {
  const to = file ?? join(config.data, `backup-${stampOf(clock)}.db`);
  await backupDatabase(localPath(config), to);
  return said(`The database is backed up to ${to}`);
}

async function restore(config: Config, file: string | undefined, { clock }: Ports): Promise<Report> {
  if (file === undefined) throw new DomainError("invalid", "Name the backup: deno task restore FILE");
  const path = localPath(config);
  using _lock = await lockDatabase(path);
  const kept = await restoreDatabase(file, path, { stamp: stampOf(clock) });
  return said(`${path} is restored from ${file}`, ...(kept ? [`What was there is kept as ${kept}`] : []));
}

async function verifyStore(config: Config, { mend }: { mend: boolean }, ports: Ports): Promise<Report> {
  if (mend) {
    // A local file is ours alone while we mend it: opening takes the lock. At a server, others may write: what they do counts.
    const store = await openStore(config.kv, ports);
    try {
      const found = await store.verify();
      const { mended, moved } = await store.repair(found);
      const left = mended > 0 ? await store.verify() : found;
      const again = moved > 0 ? [`${moved} were written to meanwhile and left alone: run it again`] : [];
      return said(...summary(found), `${mended} mended`, ...again, ...summary(left).slice(0, 1));
    } finally {
      store.close();
    }
  }
  if (isRemote(config.kv)) return await verifyAt(config.kv, ports);
  // A copy stands still, so the service may go on.
  const copy = join(config.data, `verify-${ports.random.uuid()}.db`);
  try {
    await backupDatabase(config.kv, copy);
    return await verifyAt(copy, ports);
  } finally {
    for (const suffix of ["", "-wal", "-shm", ".lock"]) await Deno.remove(`${copy}${suffix}`).catch(() => {});
  }
}

async function verifyAt(location: string, ports: Ports): Promise<Report> {
  const store = await openStore(location, ports);
  try {
    const found = await store.verify();
    return { lines: summary(found), code: found.differences.length === 0 ? 0 : 1 };
  } finally {
    store.close();
  }
}

function summary({ tasks, events, differences }: Verification): string[] {
  const lines = differences.slice(0, differencesShown).map(({ task, what, repair }) =>
    `${task === null ? "store" : `task ${task}`}: ${what}${repair ? "" : " (the log itself; restore a backup)"}`
  );
  if (differences.length > differencesShown) lines.push(`... and ${differences.length - differencesShown} more`);
  const verdict = differences.length === 0 ? "all projections and indexes follow from the log" : "differences found";
  return [`${events} events of ${tasks} logs: ${differences.length} differences, ${verdict}`, ...lines];
}

function localPath(config: Config): string {
  if (isRemote(config.kv)) throw new DomainError("invalid", "CODER_KV is a server: back it up where it runs");
  return config.kv;
}

function stampOf(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace(/[:.]/g, "-");
}

function said(...lines: string[]): Report {
  return { lines, code: 0 };
}
