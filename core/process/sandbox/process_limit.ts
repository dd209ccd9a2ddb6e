// How many processes a run may have at once. A user other than root: by the limit that the kernel counts for each user
// namespace (Linux 5.14 and later). root, to whom that does not apply: by a control group, where these can be made.

import { basename, join } from "@std/path";

export interface ProcessLimit {
  /** What holds; null: no bound. */
  processes: number | null;
  /** Goes before the command that is to be bounded, in bash. */
  prefix: string;
  /** When all of it has ended. Never throws. */
  release(): void;
}

const none: ProcessLimit = { processes: null, prefix: "", release: () => {} };
const groupPrefix = "personal-coder-";
/** Where groups are: of the first version of control groups, and of the second. */
const hierarchies = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"];

/** `name` tells one sandbox from another; this process and all that it starts from now on may be counted. */
export function limitProcesses(name: string, max: number): ProcessLimit {
  if (Deno.uid() === 0) return byControlGroup(basename(name), max);
  return countsByNamespace() ? { ...none, processes: max, prefix: `ulimit -u ${max} && ` } : none;
}

function byControlGroup(name: string, max: number): ProcessLimit {
  // Once more: another sandbox that opens may remove the group in the moment in which nobody is in it.
  for (const hierarchy of [...hierarchies, ...hierarchies]) {
    const group = join(hierarchy, `${groupPrefix}${name}`);
    try {
      // A folder with this file in it is a hierarchy, and one that counts.
      removeEmptyGroups(hierarchy);
      Deno.mkdirSync(group);
      Deno.writeTextFileSync(join(group, "pids.max"), String(max), { create: false });
      Deno.writeTextFileSync(join(group, "cgroup.procs"), String(Deno.pid), { create: false });
    } catch {
      removeGroup(group);
      continue;
    }
    const release = () => {
      try {
        Deno.writeTextFileSync(join(hierarchy, "cgroup.procs"), String(Deno.pid), { create: false });
      } catch { /* then the group stays until the next sandbox is opened */ }
      removeGroup(group);
    };
    return { processes: max, prefix: "", release };
  }
  return none;
}

/** Of sandboxes that were ended hard: a group with processes cannot be removed. */
function removeEmptyGroups(hierarchy: string): void {
  for (const { name } of Deno.readDirSync(hierarchy)) {
    if (name.startsWith(groupPrefix)) removeGroup(join(hierarchy, name));
  }
}

function removeGroup(group: string): void {
  try {
    Deno.removeSync(group);
  } catch { /* there is none, or it is in use */ }
}

function countsByNamespace(): boolean {
  const [major = 0, minor = 0] = Deno.osRelease().split(".").map(Number);
  return major > 5 || (major === 5 && minor >= 14);
}
