import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { deleteRef } from "../../../core/process/git/git_refs.ts";
import { git, tempRepository } from "../../support/temp.ts";

async function withRef() {
  const repository = await tempRepository();
  const commit = (await git(repository.path, "rev-parse", "HEAD")).trim();
  await git(repository.path, "update-ref", "refs/coder/kept/one", commit);
  const common = join(repository.path, ".git");
  return {
    repository,
    common,
    lock: join(common, "packed-refs.lock"),
    store: { repo: repository.path, common } as Parameters<typeof deleteRef>[0],
    ref: { name: "refs/coder/kept/one", commit },
  };
}

async function filesOf(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.startsWith("packed-refs.") || name.startsWith("personal-coder.")) names.push(name);
  }
  return names;
}

Deno.test("deleteRef() takes away the lock that our git left when it was killed while deleting", async () => {
  const { repository, common, lock, store, ref } = await withRef();
  await using _repository = repository;
  await Deno.writeTextFile(join(common, "personal-coder.deleting"), `${ref.name}\n`);
  await Deno.writeTextFile(lock, "");
  await deleteRef(store, ref);
  assertEquals(await git(repository.path, "for-each-ref", "refs/coder/"), "");
  assertEquals(await filesOf(common), []);
});

Deno.test("deleteRef() leaves a lock that is not ours, and says which it is", async () => {
  const { repository, common, lock, store, ref } = await withRef();
  await using _repository = repository;
  await Deno.writeTextFile(lock, "");
  await assertRejects(() => deleteRef(store, ref), Error, "packed-refs.lock");
  assertEquals(await filesOf(common), ["packed-refs.lock"]);
});
