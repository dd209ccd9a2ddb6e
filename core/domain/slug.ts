// Names that go to git and to the file system.

const slugLength = 40;

/** Lower-case `[a-z0-9-]`, at most 40 characters; accents are dropped, everything else becomes a hyphen. */
export function slugOf(title: string): string {
  const plain = title.slice(0, 400).normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const slug = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "").slice(0, slugLength).replace(/-+$/, "");
  return slug || "work";
}

/** What the names of all branches of a task begin with. */
export function branchPrefix(id: number): string {
  return `task-${id}-`;
}

/** The branch of a task, and the name of its folder. */
export function branchName(id: number, title: string): string {
  return branchPrefix(id) + slugOf(title);
}

const checkoutPrefix = "landing-";

/** The folder in which the result of a landing is checked; no task's folder has such a name. */
export function checkoutName(task: number): string {
  return checkoutPrefix + task;
}

/** The task that `checkoutName` made the name of; null for any other name. */
export function taskOfCheckout(name: string): number | null {
  const id = Number(name.slice(checkoutPrefix.length));
  return name === checkoutName(id) ? id : null;
}

/** Whether git takes it for the name of a branch, by the rules of git-check-ref-format(1); at most 255 characters. */
export function isBranchName(name: string): boolean {
  return name.length <= 255 && name !== "@" && name !== "HEAD" && !name.startsWith("-") &&
    !/[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\.$/.test(name) &&
    name.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
}

/** A title taken from the first line of a prompt. */
export function titleOf(prompt: string): string {
  const line = prompt.split("\n").map((one) => one.trim()).find((one) => one !== "") ?? "";
  const plain = line.replace(/^[#>*\-\s]+/, "").replace(/\s+/g, " ") || line;
  return plain.length <= 80 ? plain : `${plain.slice(0, 79).replace(/[\ud800-\udbff]$/, "").trimEnd()}…`;
}
