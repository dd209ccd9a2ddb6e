// Why a landing cannot be, in a sentence each. Pure.

const namedAtMost = 3;

export function movedOn(target: string, commits: number): string {
  return `${target} has moved on by ${commits} ${commits === 1 ? "commit" : "commits"}`;
}

export function noCommonHistory(target: string): string {
  return `${target} and the work have no commit in common`;
}

export function hasAll(target: string): string {
  return `${target} has all of it already`;
}

export function filesConflict(files: string[]): string {
  return files.length === 1 ? `1 file conflicts: ${files[0]}` : `${files.length} files conflict: ${listed(files)}`;
}

export function doesNotApply(commit: string, files: string[]): string {
  return `commit ${shortId(commit)} does not apply: ${filesConflict(files)}`;
}

/** An id as git shows it to people. */
export function shortId(commit: string): string {
  return commit.slice(0, 9);
}

/** The first of some names, and how many there are besides. */
export function listed(names: string[]): string {
  const more = names.length - namedAtMost;
  return names.slice(0, namedAtMost).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
