import type { Mutant } from "./mutant.ts";

export const gitMutants: Mutant[] = [
  {
    name: "HEAD of another task is free",
    file: "core/process/git/folder_guard.ts",
    text: " || mark?.store !== site.store",
    broken: " || true",
    tests: ["tests/process/git/folder_runs_test.ts"],
  },
  {
    name: "another folder in the place of a record is a removal",
    file: "core/process/git/folder_differences.ts",
    text: 'if (unit === undefined && !ways.has(path) && !ways.has(path.split("/")[0]!)) continue;',
    broken: "if (unit === undefined) continue;",
    tests: ["tests/process/git/folder_restore_test.ts"],
  },
  {
    name: "a record that is written by another name of its file is taken for unchanged",
    file: "core/process/git/record_watch.pl",
    text: 'for my $path ($name, map { "$name/$_" } @files) {',
    broken: "for my $path ($name) {",
    tests: ["tests/process/git/folder_records_test.ts"],
  },
  {
    name: "what the kernel could not tell of records is taken for nothing",
    file: "core/process/git/record_watch.pl",
    text: "    $changed{'/'} = 1;\n",
    broken: "",
    tests: ["tests/process/git/folder_records_test.ts"],
  },
  {
    name: "another folder in the place of all records is taken for the one that is watched",
    file: "core/process/git/record_watch.ts",
    text: '      if (String(Deno.lstatSync(this.#folder).ino) !== this.#inode) return "ended";\n',
    broken: "",
    tests: ["tests/process/git/folder_records_test.ts"],
  },
  {
    name: "git does not know that a worktree is unfinished",
    file: "core/process/git/record_worktree.ts",
    text: '  Deno.writeTextFileSync(join(folder, "locked"), `${reason}\\n`);',
    broken: "",
    tests: ["tests/process/git/record_worktree_test.ts"],
  },
  {
    name: "extensions of a repository are ignored",
    file: "core/process/git/record_worktree.ts",
    text: "(extensions|include|includeif)",
    broken: "(include|includeif)",
    tests: ["tests/process/git/record_worktree_test.ts"],
  },
  {
    name: "another worker's branch is replaced in the exchange and lost",
    file: "core/process/git/git_exchange.ts",
    text: "if (!isSaved) wanted.set(otherRef(subject.task, other), other);",
    broken: "",
    tests: ["tests/process/git/exchange_test.ts"],
  },
  {
    name: "another worker's ref is replaced in the exchange",
    file: "core/process/git/git_exchange.ts",
    text: "name === branchRef(branch) || (there.get(name) ?? commit) === commit ? name : otherRef(task, commit);",
    broken: "name;",
    tests: ["tests/process/git/exchange_test.ts"],
  },
];
