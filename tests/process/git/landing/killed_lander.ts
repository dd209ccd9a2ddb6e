// A program for killed_test.ts: lands the commit of its second argument in `main` of the repository of its first. Says the
// commit that it moves to, then how that ended.

import { gitLandings } from "../../../../core/process/git/landing/git_landings.ts";
import { STORE } from "./world.ts";

const [repo, commit] = Deno.args as [string, string];
const landings = gitLandings({
  repos: new Map([["app", repo]]),
  root: () => `${repo}-worktrees`,
  // It is killed, and the folder of the repository goes away after it.
  ...{ store: STORE, copies: `${repo}-copies` },
});
const made = await landings.integrate("app", { target: "main", commit, method: "merge", message: "Land it" });
if (made.kind !== "integrated") throw new Error(JSON.stringify(made));
console.log(made.commit);
const move = { target: "main", from: made.target_commit, to: made.commit, task: 7, message: "land" };
console.log((await landings.move("app", move)).kind);
