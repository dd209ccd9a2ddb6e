// A baseline in a file, for a run that outlives the service that started it. Only its owner may read it: a configuration may
// have credentials in it.

import { DomainError, messageOf } from "../../domain/error.ts";
import type { Look, Seen, Unit } from "./folder_look.ts";
import { writeWhole } from "./small_files.ts";

interface Baseline {
  look: Look;
  /** The unit of the run's worktree. */
  own: string;
}

type StoredSeen = Omit<Seen, "bytes"> & { bytes?: string | null };

/** Writes beside and renames. Throws what the system says. */
export function writeBaseline(file: string, { look, own }: Baseline): void {
  const units = [...look].map(([path, unit]) => `[${JSON.stringify(path)},${textOf(unit)}]`);
  const text = `{"own":${JSON.stringify(own)},"units":[${units.join(",")}]}`;
  writeWhole(file, text, { mode: 0o600 });
}

/** Throws `DomainError("not_found")` when there is none that can be read. */
export async function readBaseline(file: string): Promise<Baseline> {
  try {
    const { own, units } = JSON.parse(await Deno.readTextFile(file)) as {
      own: string;
      units: [string, Omit<Unit, "files"> & { files: [string, StoredSeen][] }][];
    };
    const look: Look = new Map(units.map(([path, unit]) => {
      return [path, { ...unit, files: new Map(unit.files.map(([name, seen]) => [name, parsed(seen)])) }];
    }));
    return { look, own };
  } catch (cause) {
    throw new DomainError("not_found", `Cannot compare the git folder: ${messageOf(cause)}`, { cause });
  }
}

/** Nearly all of thousands of units are as they were for the run before. */
const texts = new WeakMap<Unit, string>();

function textOf(unit: Unit): string {
  const known = texts.get(unit);
  if (known !== undefined) return known;
  const { files, ...rest } = unit;
  const text = JSON.stringify({ ...rest, files: [...files].map(([name, seen]) => [name, stored(seen)]) });
  texts.set(unit, text);
  return text;
}

function stored(seen: Seen): StoredSeen {
  return seen.kind === "file" && seen.bytes !== null ? { ...seen, bytes: seen.bytes.toBase64() } : seen as StoredSeen;
}

function parsed(seen: StoredSeen): Seen {
  return (typeof seen.bytes === "string" ? { ...seen, bytes: Uint8Array.fromBase64(seen.bytes) } : seen) as Seen;
}
