import { assertEquals } from "@std/assert";
import { git } from "../../../support/temp.ts";
import { landingWorld } from "./world.ts";

const log = "--format=%an <%ae> %ai|%s";

Deno.test("integrate() rebases commits one by one, each with its author and date, and drops what changes nothing", async () => {
  await using w = await landingWorld();
  await w.commit("work", { "a.txt": "1\n" }, { message: "one", author: "Zoë Ñ <zoe@example.com>" });
  await w.commit("work", { "b.txt": "same\n" }, { message: "two" });
  await w.commit("work", { "a.txt": "2\n" }, { message: "three\n\nWith a body\n\nSigned-off-by: B <b@example.com>" });
  await w.commit("work", {}, { message: "empty" });
  const before = (await w.repo.git("log", log, "--reverse", "main..work")).split("\n");
  const main = await w.commit("main", { "b.txt": "same\n", "c.txt": "main\n" });
  const made = await w.integrated("rebase");
  assertEquals((await w.repo.git("log", log, "--reverse", `main..${made}`)).split("\n"), [before[0], before[2]]);
  assertEquals(await w.repo.git("rev-parse", `${made}~2`), main);
  assertEquals(await w.repo.git("diff", "--name-only", made, "work"), "c.txt");
  assertEquals(await w.repo.git("show", "-s", "--format=%cn", made), "Test");
  const bodyOf = (commit: string) => w.repo.git("show", "-s", "--format=%B", commit);
  assertEquals(await bodyOf(made), await bodyOf("work~1"));
});

Deno.test("integrate() keeps commits that are where they belong, and all bytes of a message in another encoding", async () => {
  await using w = await landingWorld();
  const first = await w.commit("work", { "a.txt": "1\n" }, { message: "one" });
  const message = Uint8Array.from("L\u00e4nd it\n\n  indented \n\n\n", (letter) => letter.charCodeAt(0));
  const file = `${w.repo.path}/.git/message`;
  await Deno.writeFile(file, message);
  const tree = await w.repo.git("rev-parse", `${await w.commit("x", { "a.txt": "2\n" })}^{tree}`);
  const args = ["-c", "i18n.commitEncoding=ISO-8859-1", "commit-tree", tree, "-p", first, "-F", file];
  const second = await w.repo.git(...args);
  await w.repo.git("update-ref", "refs/heads/work", second);
  assertEquals(await w.integrated("rebase"), second, "nothing is made anew");
  await w.commit("main", { "b.txt": "main\n" });
  const made = await w.integrated("rebase");
  const raw = async (commit: string) => {
    const { stdout } = await new Deno.Command("git", { args: ["cat-file", "commit", commit], cwd: w.repo.path })
      .output();
    const text = new TextDecoder("latin1").decode(stdout);
    return [/^encoding .*$/m.exec(text)?.[0], text.slice(text.indexOf("\n\n"))];
  };
  assertEquals(await raw(made), await raw(second));
  assertEquals((await raw(made))[0], "encoding ISO-8859-1");
});

Deno.test("integrate() leaves merge commits out of a rebase, and takes in a history that the work joined", async () => {
  await using w = await landingWorld();
  await w.commit("work", { "a.txt": "1\n" }, { message: "one" });
  await w.commit("side", { "side.txt": "1\n" }, { message: "side" });
  await w.commit("main", { "b.txt": "main\n" });
  await git(w.repo.path, "checkout", "--quiet", "work");
  await w.repo.git("merge", "--quiet", "-m", "merge", "side");
  await w.repo.git("merge", "--quiet", "--no-commit", "main");
  await Deno.writeTextFile(`${w.repo.path}/of-the-merge.txt`, "1\n");
  await w.repo.git("add", "of-the-merge.txt");
  await w.repo.git("commit", "--quiet", "-m", "merge");
  await Deno.writeTextFile(`${w.repo.path}/late.txt`, "late\n");
  await w.repo.git("add", "late.txt");
  await w.repo.git("commit", "--quiet", "-m", "two");
  const ofOther = await w.commit("x", { "alone/alone.txt": "alone\n" });
  const alone = await w.repo.git("commit-tree", `${ofOther}:alone`, "-m", "alone");
  await w.repo.git("branch", "alone", alone);
  await w.repo.git("merge", "--quiet", "--allow-unrelated-histories", "-m", "merge alone", "alone");
  await w.commit("main", { "c.txt": "main\n" });
  const made = await w.integrated("rebase");
  assertEquals((await w.repo.git("log", "--format=%s", `main..${made}`)).split("\n").sort(), [
    ...["alone", "one", "side", "two"],
  ]);
  assertEquals((await w.repo.git("diff", "--name-only", "main", made)).split("\n"), [
    ...["a.txt", "alone.txt", "late.txt", "side.txt"],
  ]);
  assertEquals(await w.file(made, "alone.txt"), "alone");
  assertEquals(await w.repo.git("rev-list", "--merges", "--count", `main..${made}`), "0");
});

Deno.test("integrate() rebases two lines of work that began at the same commit one after the other", async () => {
  await using w = await landingWorld();
  await w.commit("work", { "a.txt": "1\n" }, { message: "one" });
  await w.commit("side", { "b.txt": "1\n" }, { message: "side" });
  await w.repo.git("checkout", "--quiet", "work");
  await w.repo.git("merge", "--quiet", "-m", "merge", "side");
  await w.commit("main", { "c.txt": "main\n" });
  const made = await w.integrated("rebase");
  assertEquals((await w.repo.git("diff", "--name-only", "main", made)).split("\n"), ["a.txt", "b.txt"]);
  assertEquals(await w.repo.git("rev-list", "--count", `main..${made}`), "2");
});
