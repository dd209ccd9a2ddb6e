// Programs that a repository's own configuration names. `.git/config` (and what it includes) comes with a repository or from
// an agent, so our own git calls take from it no program to run: each such setting is overridden, for the one call, by what the
// user's own configuration says, or by nothing.
//
// What the user configured (system, global, command) stays, so LFS and the like work as everywhere; and so do git-lfs's own
// words in a repository, which `git lfs install --local` writes there.

/** Settings whose value git, or git-lfs, may run. Hooks and external diffs are off for all. */
const programSettings = [
  "^filter\\..*\\.(clean|smudge|process|required)$",
  "^core\\.(sshcommand|gitproxy|askpass|alternaterefscommand)$",
  "^credential\\.(.*\\.)?helper$",
  "^remote\\..*\\.(uploadpack|receivepack|vcs)$",
  "^hook\\..*\\.(command|enabled)$",
  "^merge\\..*\\.driver$",
  "^lfs\\.(extension|customtransfer)\\..*\\.(clean|smudge|path)$",
  "^lfs\\.(.*\\.)?standalonetransferagent$",
].join("|");

const isProgram = new RegExp(programSettings, "s");

const excludesSetting = "core.excludesfile";

/** For `git config --get-regexp`: what `overridesOf` goes by. */
export const lookedForSettings = `${programSettings}|^${excludesSetting.replace(".", "\\.")}$`;

/**
 * Whether the text of a configuration file sets none of them, and leads to no other file that might. Any mention counts, also in
 * a comment: who wants to know more asks git.
 */
export function setsNoProgram(config: string): boolean {
  return !/\[(include|filter|credential|hook|merge|lfs)|sshcommand|gitproxy|askpass|uploadpack|vcs|worktreeconfig/i
    .test(config);
}

/** Whether it leads to other files, whose settings count as its own. Any mention counts. */
export function includesFiles(config: string): boolean {
  return /\[include/i.test(config);
}

/** Whether settings of one worktree may be in a file of their own. Any mention counts. */
export function hasWorktreeSettings(config: string): boolean {
  return /worktreeconfig/i.test(config);
}

/**
 * The repository's settings as the text of one configuration file, with what others say that it includes; from the output of
 * `git config --show-scope --null --list`.
 */
export function flatConfiguration(listing: string): string {
  const own = settingsIn(listing).filter(({ isForeign, key }) => isForeign && !/^include(if)?\./.test(key));
  const lines = own.map(({ key, value, isNameOnly }) => {
    const [first, last] = [key.indexOf("."), key.lastIndexOf(".")];
    const subsection = first === last ? "" : ` "${key.slice(first + 1, last).replace(/["\\]/g, "\\$&")}"`;
    const quoted = `"${value.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
    return `[${key.slice(0, first)}${subsection}]\n\t${key.slice(last + 1)}${isNameOnly ? "" : ` = ${quoted}`}\n`;
  });
  return `${lines.join("")}[extensions]\n\tworktreeConfig = false\n`;
}

/** git's own merge of texts, in the words of a driver: an empty one would end the merge, and none cannot be said. */
const textMerge = "git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B";

const lfsWords: Record<string, string[]> = {
  "filter.lfs.clean": ["git-lfs clean -- %f"],
  "filter.lfs.smudge": ["git-lfs smudge -- %f", "git-lfs smudge --skip -- %f"],
  "filter.lfs.process": ["git-lfs filter-process", "git-lfs filter-process --skip"],
  "filter.lfs.required": ["true"],
};

interface Setting {
  /** Whether it is of the repository, and not of the user. */
  isForeign: boolean;
  /** As git lists it: section and name in lower case. */
  key: string;
  value: string;
  /** There is no value, which means true. */
  isNameOnly: boolean;
}

/** What to add to a git call: arguments before the command, and the environment that these refer to. */
export interface Overrides {
  args: string[];
  env: Record<string, string>;
  /** The same as settings. */
  settings: [key: string, value: string][];
  /** The repository names a program for talking to a remote. That cannot be overridden: nothing may be fetched or pushed. */
  isOffline: boolean;
  /** The user's own configuration says how ssh is called. */
  hasOwnSsh: boolean;
  /** `core.excludesFile` as it is written, whoever wrote it; null: nobody did; absent: not looked for. */
  excludesFile?: string | null;
}

/** From the output of `git config --show-scope --null` with `--get-regexp` or `--list`. */
export function overridesOf(listing: string): Overrides {
  const all = settingsIn(listing);
  const settings = all.filter(({ key }) => isProgram.test(key));
  const values: [key: string, value: string][] = [];
  for (const key of new Set(settings.filter(isUnwanted).map(({ key }) => key))) {
    if (isHelper(key) || isRemote(key)) continue;
    const own = settings.findLast((one) => one.key === key && !isUnwanted(one));
    values.push([key, own?.value ?? nothingFor(key)]);
  }
  if (settings.some((one) => isUnwanted(one) && isHelper(one.key))) {
    // An empty one forgets those before it; then come the user's own again.
    values.push(["credential.helper", ""]);
    for (const { key, value, isForeign } of settings) if (isHelper(key) && !isForeign) values.push([key, value]);
  }
  return {
    // By the environment, because a name may hold an equals sign.
    args: values.map(([key], index) => `--config-env=${key}=${variable(index)}`),
    env: Object.fromEntries(values.map(([, value], index) => [variable(index), value])),
    settings: values,
    isOffline: settings.some((one) => isUnwanted(one) && isRemote(one.key)),
    hasOwnSsh: settings.some((one) => !isUnwanted(one) && one.key === "core.sshcommand"),
    excludesFile: all.findLast(({ key }) => key === excludesSetting)?.value ?? null,
  };
}

function settingsIn(listing: string): Setting[] {
  const parts = listing.split("\0");
  const settings: Setting[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [key, ...value] = parts[at + 1]!.split("\n");
    settings.push({
      isForeign: /^(local|worktree|unknown)$/.test(parts[at]!),
      // As a program a name alone is nothing.
      ...{ key: key!, value: value.join("\n"), isNameOnly: value.length === 0 },
    });
  }
  return settings;
}

function isUnwanted({ isForeign, key, value }: Setting): boolean {
  return (isForeign || key.startsWith("hook.")) && !lfsWords[key]?.includes(value);
}

function isHelper(key: string): boolean {
  return key.startsWith("credential.");
}

function isRemote(key: string): boolean {
  return key.startsWith("remote.");
}

function nothingFor(key: string): string {
  if (/^(filter\..*\.required|hook\..*\.enabled)$/.test(key)) return "false";
  if (key === "core.sshcommand") return "ssh";
  if (key === "core.alternaterefscommand") return "true";
  if (key.startsWith("merge.")) return textMerge;
  return key === "core.gitproxy" ? "none" : "";
}

function variable(index: number): string {
  return `PERSONAL_GIT_SETTING_${index}`;
}
