import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import type { DiffFrom } from "../../../core/process/git/worktrees.ts";
import { git } from "../../support/temp.ts";
import { commitIn, worktreeWorld, write } from "../worktree_world.ts";

async function patchWorld() {
  const w = await worktreeWorld();
  await write(w.repo.path, "old.txt", "line\n".repeat(30));
  await write(w.repo.path, "long.txt", "line\n".repeat(30));
  await commitIn(w.repo.path, "Old");
  const place = await w.add();
  await Deno.rename(join(place.path, "old.txt"), join(place.path, 'neü "x".txt'));
  await Deno.writeFile(join(place.path, "bytes"), crypto.getRandomValues(new Uint8Array(5_000)));
  await write(place.path, "long.txt", `${"line\n".repeat(15)}changed\n${"line\n".repeat(14)}`);
  await commitIn(place.path, "Rename: ünï\n\nA body.\n\nFrom here it goes on.");
  await write(place.path, "README.md", "changed\r\nno newline");
  await Deno.symlink("README.md", join(place.path, "link"));
  const head = await commitIn(place.path, "Second");
  const patch = async (to: string, from?: DiffFrom) =>
    new Uint8Array(await new Response(await w.worktrees.patch(place, { from, to })).arrayBuffer());
  return { w, place, head, patch };
}

Deno.test("patch() is what git am makes the same commits of elsewhere", async () => {
  const { w, head, patch, place } = await patchWorld();
  await using _ = w;
  const mbox = join(dirname(w.repo.path), "mbox");
  await Deno.writeFile(mbox, await patch(head));
  const clone = join(dirname(w.repo.path), "clone");
  await git(dirname(w.repo.path), "clone", "--quiet", "--no-local", "--branch=main", w.repo.path, clone);
  await git(clone, "-c", "user.name=A", "-c", "user.email=a@e", "am", "--quiet", "--keep-cr", mbox);
  const said = (folder: string, range: string) => git(folder, "log", "--format=%T%n%an <%ae>%n%at%n%B", range);
  assertEquals(
    await said(clone, `${place.base_commit}..HEAD`),
    await said(w.repo.path, `${place.base_commit}..${head}`),
  );
});

Deno.test("patch() from the merge base leaves out what the branch has; of nothing it is empty", async () => {
  const { w, place, head, patch } = await patchWorld();
  await using _ = w;
  const count = (bytes: Uint8Array) =>
    new TextDecoder().decode(bytes).split("\n").filter((line) => /^From [0-9a-f]{40} /.test(line)).length;
  const first = await w.repo.git("rev-parse", `${head}^`);
  assertEquals([count(await patch(head)), count(await patch(head, first)), count(await patch(first))], [2, 1, 1]);
  await w.repo.git("merge", "--quiet", "--ff-only", first);
  assertEquals(count(await patch(head, { mergeBaseWith: "main" })), 1);
  assertEquals((await patch(place.base_commit)).length, 0);
  assertEquals((await patch(head, head)).length, 0);
  await assertRejects(() => patch("3".repeat(40)), DomainError, "There is no commit");
  await assertRejects(() => patch("HEAD"), DomainError, "no commit id");
});

Deno.test("patch() is the same whatever is configured for mails and diffs, and runs no program of the repository", async () => {
  const { w, head, patch } = await patchWorld();
  await using _ = w;
  const plain = await patch(head);
  const trap = join(dirname(w.repo.path), "trap.sh");
  await Deno.writeTextFile(trap, `#!/bin/sh\ntouch ${trap}ped\n`, { mode: 0o755 });
  const order = join(dirname(w.repo.path), "order");
  await Deno.writeTextFile(order, "neü*\nbytes\n");
  const settings: Record<string, string> = {
    "format.attach": "x",
    "format.headers": "X-A: b",
    "format.to": "a@example.com",
    "format.cc": "a@example.com",
    "format.subjectPrefix": "OTHER",
    "format.signature": "me",
    "format.signOff": "true",
    "format.thread": "deep",
    "format.coverLetter": "true",
    "format.numbered": "false",
    "format.useAutoBase": "true",
    "format.notes": "true",
    "format.from": "Somebody <s@example.com>",
    "format.pretty": "%H",
    "format.noprefix": "true",
    "format.encodeEmailHeaders": "false",
    "format.outputDirectory": "/nowhere",
    "format.suffix": ".x",
    "i18n.logOutputEncoding": "latin1",
    "diff.noprefix": "true",
    "diff.mnemonicPrefix": "true",
    "diff.renames": "false",
    "diff.context": "0",
    "diff.interHunkContext": "9",
    "diff.algorithm": "patience",
    "diff.orderFile": order,
    "diff.suppressBlankEmpty": "true",
    "diff.external": trap,
    "diff.evil.textconv": trap,
    "diff.evil.command": trap,
    "color.ui": "always",
    "core.quotePath": "true",
    "core.pager": trap,
  };
  for (const [key, value] of Object.entries(settings)) await w.repo.git("config", key, value);
  await Deno.writeTextFile(join(w.repo.path, ".git/info/attributes"), "* diff=evil\n");
  await w.repo.git("-c", "user.name=T", "-c", "user.email=t@e", "notes", "add", "-m", "noted", head);
  // Another process makes it anew.
  await Deno.remove(join(w.repo.path, ".git/personal-coder-diffs"), { recursive: true });
  const configured = await patch(head);
  assertEquals(new TextDecoder("latin1").decode(configured), new TextDecoder("latin1").decode(plain));
  assert(!await Deno.stat(`${trap}ped`).then(() => true, () => false));
});
