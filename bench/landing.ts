// What a landing costs beside git's own calls for the same: a merge by `merge-tree` and `commit-tree`, and `update-ref`. A work
// of one small commit, a target of 10,000 files that has moved on.

import { join } from "@std/path";
import { gitLandings } from "../core/process/git/landing/git_landings.ts";
import { tempRepository } from "../tests/support/temp.ts";
import { inTurns } from "./in_turns.ts";
import { ms, type Row, row, timed } from "./row.ts";
import { addFiles, bareGit } from "./world.ts";

const files = 10_000;
const target = "main";
const name = "merge-tree + commit-tree + update-ref";

export async function landing(): Promise<Row[]> {
  await using repository = await tempRepository();
  const repo = repository.path;
  await addFiles(repo, files);
  const commit = await commitOn("work", { repo, file: "part-1/file-101.ts" });
  const onto = await commitOn(target, { repo, file: "part-2/file-201.ts" });
  const landings = gitLandings({
    repos: new Map([["bench", repo]]),
    root: () => `${repo}-worktrees`,
    store: crypto.randomUUID(),
  });
  const reset = () => bareGit(repo, "update-ref", `refs/heads/${target}`, onto);
  let tasks = 0;
  const bare = async () => {
    await reset();
    return await timed(() => bareLanding(repo, { onto, commit }));
  };
  const preview = async () => {
    await reset();
    return await timed(() => landings.preview("bench", { target, commit }));
  };
  const checkedOut = await inTurns({
    preview,
    async bare() {
      return await bare() + await timed(() => bareGit(repo, "status", "--porcelain"));
    },
  });
  await bareGit(repo, "checkout", "--quiet", "--detach");
  const times = await inTurns({
    preview,
    bare,
    async landing() {
      await reset();
      return await timed(async () => {
        const made = await landings.integrate("bench", { target, commit, method: "merge", message: "Land it" });
        if (made.kind !== "integrated") throw new Error(`Nothing was integrated: ${made.kind}`);
        const move = { target, from: onto, to: made.commit, task: ++tasks, message: "land" };
        const { kind } = await landings.move("bench", move);
        if (kind !== "moved") throw new Error(`Nothing was moved: ${kind}`);
      });
    },
  });
  const against = (measure: string, ours: number, bareMs: number, rival = name) =>
    row({ measure, ours: ms(ours), rival: { ...ms(bareMs), name: rival }, goal: { atMost: 1.5 } });
  return [
    against("preview of a landing, 10,000 files", times.preview, times.bare),
    against(
      "preview of a landing, 10,000 files, the target checked out",
      checkedOut.preview,
      checkedOut.bare,
      `${name} + status`,
    ),
    against("landing of a small change, 10,000 files", times.landing, times.bare),
  ];
}

/** A commit that changes one file, on a branch. */
async function commitOn(branch: string, { repo, file }: { repo: string; file: string }): Promise<string> {
  const start = await bareGit(repo, "rev-parse", "HEAD");
  await Deno.writeTextFile(join(repo, file), `// ${branch}\n`, { append: true });
  await bareGit(repo, "-c", "user.name=B", "-c", "user.email=b@example.com", "commit", "-qam", branch);
  const commit = await bareGit(repo, "rev-parse", "HEAD");
  if (branch === target) return commit;
  await bareGit(repo, "branch", branch, commit);
  await bareGit(repo, "reset", "--quiet", "--hard", start);
  return commit;
}

async function bareLanding(repo: string, { onto, commit }: { onto: string; commit: string }): Promise<void> {
  const tree = await bareGit(repo, "merge-tree", "--write-tree", onto, commit);
  const parents = ["-p", onto, "-p", commit];
  const made = await bareGit(
    repo,
    ...["-c", "user.name=B", "-c", "user.email=b@example.com", "commit-tree", tree, ...parents, "-m", "Land it"],
  );
  await bareGit(repo, "update-ref", `refs/heads/${target}`, made, onto);
}
