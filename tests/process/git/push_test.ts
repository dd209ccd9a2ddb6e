import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import type { PushOptions } from "../../../core/process/git/outgoing.ts";
import { git } from "../../support/temp.ts";
import { isAlive } from "../world.ts";
import { commitIn, worktreeWorld, write } from "../worktree_world.ts";

/** A place with one commit, and a bare repository as its remote `origin`. */
async function pushWorld() {
  const w = await worktreeWorld();
  const place = await w.add();
  await write(place.path, "work.txt");
  const head = await commitIn(place.path, "Work");
  const folder = dirname(w.repo.path);
  const bare = join(folder, "remote.git");
  await git(folder, "init", "--quiet", "--bare", bare);
  await w.repo.git("remote", "add", "origin", bare);
  const push = (options: Partial<PushOptions> = {}) =>
    w.worktrees.push(place, { remote: null, expected: null, timeoutMs: 30_000, ...options });
  /** A program that leaves a trace when it runs. */
  const trap = join(folder, "trap.sh");
  await Deno.writeTextFile(trap, `#!/bin/sh\necho "$0" >> ${folder}/trapped\nexec cat\n`, { mode: 0o755 });
  const trapped = () => Deno.readTextFile(join(folder, "trapped")).catch(() => "");
  return { w, place, head, folder, bare, push, trap, trapped };
}

/** A server that answers each connection with these bytes, or with nothing at all. */
function serve(answer: string | null) {
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  const serving = (async () => {
    for await (const connection of server) {
      open.push(connection);
      if (answer === null) continue;
      await connection.read(new Uint8Array(10_000));
      await connection.write(new TextEncoder().encode(answer));
      connection.close();
    }
  })();
  return {
    host: `127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // It was answered.
        }
      }
      await serving;
    },
  };
}

Deno.test("push() makes the branch there, by its own or another name, and once is as good as twice", async () => {
  const { w, place, head, bare, push } = await pushWorld();
  await using _ = w;
  const pushed = { remote: "origin", url: bare, branch: place.branch, commit: head };
  assertEquals(await push(), pushed);
  assertEquals(await push(), pushed);
  assertEquals(await push({ branch: "feature/ünï" }), { ...pushed, branch: "feature/ünï" });
  assertEquals(
    await git(bare, "for-each-ref", "--format=%(refname) %(objectname)"),
    [
      `refs/heads/feature/ünï ${head}`,
      `refs/heads/${place.branch} ${head}`,
    ].join("\n"),
  );
  assertEquals(await w.repo.git("rev-parse", `refs/remotes/origin/${place.branch}`), head);
});

Deno.test("push() replaces what it expects to be there, and nothing else", async () => {
  const { w, place, head, bare, push } = await pushWorld();
  await using _ = w;
  await push();
  await git(place.path, "-c", "user.name=T", "-c", "user.email=t@e", "commit", "--amend", "--quiet", "--message=Other");
  const amended = await git(place.path, "rev-parse", "HEAD");
  // It exists, though it must not; it is not where it is expected to be.
  for (const expected of [null, place.base_commit]) {
    const error = await assertRejects(() => push({ expected }), DomainError, "somebody else pushed to it");
    assertEquals(error.code, "conflict");
  }
  assertEquals(await git(bare, "rev-parse", place.branch), head);
  assertEquals((await push({ expected: head })).commit, amended);
  assertEquals(await git(bare, "rev-parse", place.branch), amended);
  // What was pushed there meanwhile is nowhere here, not even in what was last fetched.
  const theirs = ["-c", "user.name=T", "-c", "user.email=t@e", "commit-tree", "-m", "Theirs", `${head}^{tree}`];
  const other = await git(bare, ...theirs);
  await git(bare, "update-ref", `refs/heads/${place.branch}`, other);
  await write(place.path, "more.txt");
  await commitIn(place.path, "More");
  assertEquals((await assertRejects(() => push({ expected: amended }), DomainError)).code, "conflict");
  assertEquals(await git(bare, "rev-parse", place.branch), other);
});

Deno.test("push() sends one branch, whatever is configured to go along or to be done instead", async () => {
  const { w, place, head, bare, push } = await pushWorld();
  await using _ = w;
  await w.repo.git("-c", "user.name=T", "-c", "user.email=t@e", "tag", "-a", "v1", "-m", "v1", head);
  for (
    const [key, value] of [
      ["push.followTags", "true"],
      ["push.default", "matching"],
      ["remote.origin.push", "refs/heads/*:refs/heads/*"],
      ["push.useForceIfIncludes", "true"],
      ["push.gpgSign", "true"],
    ]
  ) await w.repo.git("config", key!, value!);
  await push();
  assertEquals(await git(bare, "for-each-ref", "--format=%(refname)"), `refs/heads/${place.branch}`);
});

Deno.test("push() chooses a remote, or says how to name one", async () => {
  const { w, place, bare, push } = await pushWorld();
  await using _ = w;
  const refused = async (options: Partial<PushOptions>, words: string) => {
    const error = await assertRejects(() => push(options), DomainError, words);
    assertEquals(error.code, "invalid");
  };
  await refused({ remote: "upstream" }, "there is no remote upstream; there is origin");
  await refused({ remote: bare }, "there is no remote");
  await refused({ remote: "--all" }, "there is no remote");
  await w.repo.git("remote", "rename", "origin", "one");
  assertEquals((await push()).remote, "one");
  await w.repo.git("remote", "add", "two", bare);
  await refused({}, "which remote is not said; there is one, two");
  assertEquals((await push({ remote: "two" })).remote, "two");
  for (const name of ["one", "two"]) await w.repo.git("remote", "remove", name);
  await refused({}, "git remote add origin URL");
  for (const branch of ["", "a b", "a:b", "a..b", "@{-1}", "a\0b", "refs/*"]) {
    await refused({ branch }, "no name of a branch");
  }
  await refused({ expected: "HEAD" }, "no commit id");
  await w.repo.git("worktree", "remove", "--force", place.path);
  await w.repo.git("branch", "-D", place.branch);
  await w.repo.git("remote", "add", "origin", bare);
  assertEquals((await assertRejects(() => push(), DomainError)).code, "not_found");
});

Deno.test("push() runs no program that the repository's configuration, a hook or the remote's folder names", async () => {
  const { w, bare, push, trap, trapped } = await pushWorld();
  await using _ = w;
  for (const hook of ["pre-push", "reference-transaction"]) {
    await Deno.copyFile(trap, join(w.repo.path, ".git/hooks", hook));
  }
  const hooks = ["pre-receive", "update", "post-receive", "post-update", "reference-transaction", "proc-receive"];
  for (const hook of hooks) await Deno.copyFile(trap, join(bare, "hooks", hook));
  await git(bare, "config", "core.fsmonitor", trap);
  for (const key of ["core.sshCommand", "core.askPass", "core.gitProxy", "credential.helper", "gpg.program"]) {
    await w.repo.git("config", key, trap);
  }
  await push();
  assertEquals(await trapped(), "");

  for (const key of ["remote.origin.receivepack", "remote.origin.uploadpack", "remote.origin.vcs"]) {
    await w.repo.git("config", key, trap);
    await assertRejects(() => push({ branch: "other" }), DomainError, "names a program for talking to a remote");
    await w.repo.git("config", "--unset", key);
  }
  await w.repo.git("config", "protocol.ext.allow", "always");
  for (const address of [`ext::${trap}`, "ssh://127.0.0.1:1/x.git", "http://127.0.0.1:1/x.git"]) {
    await w.repo.git("config", "remote.origin.pushurl", address);
    const error = await assertRejects(() => push({ branch: "other" }), DomainError);
    assertEquals(error.code, "unavailable", address);
  }
  assertEquals(await trapped(), "");
  assertEquals(await git(bare, "for-each-ref", "refs/heads/other"), "");
});

/** Runs with these variables in our own environment. */
async function withEnv<T>(variables: Record<string, string>, action: () => Promise<T>): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    return await action();
  } finally {
    for (const [name, value] of before) value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  }
}

Deno.test("push() lets the user's own ssh work, in batch mode where nothing is said", async () => {
  const { w, folder, push } = await pushWorld();
  await using _ = w;
  await w.repo.git("config", "remote.origin.url", "ssh://git@127.0.0.1:1/shop.git");
  const ssh = join(folder, "ssh");
  await Deno.writeTextFile(ssh, `#!/bin/sh\necho "$0 $*" >> ${folder}/called\nexit 255\n`, { mode: 0o755 });
  const called = (variables: Record<string, string>) =>
    withEnv(variables, async () => {
      await assertRejects(() => push(), DomainError);
      const text = await Deno.readTextFile(join(folder, "called"));
      await Deno.remove(join(folder, "called"));
      return text;
    });
  assertStringIncludes(await called({ PATH: `${folder}:${Deno.env.get("PATH")}` }), "-o BatchMode=yes");
  assert(!(await called({ GIT_SSH_COMMAND: ssh })).includes("BatchMode"));
  assert(!(await called({ GIT_SSH: ssh })).includes("BatchMode"));
  const own = join(folder, "gitconfig");
  await Deno.writeTextFile(own, `[core]\n\tsshCommand = ${ssh} --own\n`);
  await w.repo.git("config", "core.sshCommand", "false");
  assertStringIncludes(await called({ GIT_CONFIG_GLOBAL: own }), "--own");
});

Deno.test("push() lets the user's credential helper work, and no text has what it says or what a URL holds", async () => {
  const { w, folder, push } = await pushWorld();
  await using _ = w;
  const refusal =
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  await using server = serve(refusal);
  const helper = join(folder, "helper.sh");
  const answer = "username=ada\\npassword=from-helper";
  await Deno.writeTextFile(helper, `#!/bin/sh\necho "$1" >> ${folder}/helped\nprintf '${answer}\\n'\n`, {
    mode: 0o755,
  });
  const own = join(folder, "gitconfig");
  await Deno.writeTextFile(own, `[credential]\n\thelper = ${helper}\n`);
  for (const user of ["", "bob:s3cret@", "bob:s3@cret@", "ghp_0123456789abcdef0123@"]) {
    await w.repo.git("config", "remote.origin.url", `http://${user}${server.host}/shop.git`);
    const error = await withEnv({ GIT_CONFIG_GLOBAL: own }, () => assertRejects(() => push(), DomainError));
    assertEquals([error.code, error.cause], ["unavailable", undefined]);
    assertStringIncludes(error.message, server.host);
    assert(!/cret|bob|ghp_|from-helper/.test(error.message), error.message);
  }
  assertStringIncludes(await Deno.readTextFile(join(folder, "helped")), "get");
});

Deno.test("push() names where it went without user and password", async () => {
  const { w, bare, push } = await pushWorld();
  await using _ = w;
  await w.repo.git("config", "remote.origin.url", "https://bob:s3cret@example.invalid/shop.git");
  await w.repo.git("config", `url.${bare}.insteadOf`, "https://bob:s3cret@example.invalid/shop.git");
  assertEquals((await push()).url, bare);
  await w.repo.git("config", "--remove-section", `url.${bare}`);
  await w.repo.git("config", "protocol.https.allow", "never");
  const error = await assertRejects(() => push({ branch: "x", timeoutMs: 20_000 }), DomainError);
  assert(!error.message.includes("s3cret"), error.message);
});

Deno.test("push() waits no longer than it is told, and leaves no process", async () => {
  const { w, folder, push } = await pushWorld();
  await using _ = w;
  await using server = serve(null);
  await w.repo.git("config", "remote.origin.url", `http://bob:s3cret@${server.host}/shop.git`);
  const error = await assertRejects(() => push({ timeoutMs: 500 }), DomainError);
  assertEquals(error.message, `Cannot push: http://${server.host}/shop.git has not answered within 0.5 s`);
  assertEquals(error.code, "unavailable");
  // One that does not notice that git is gone.
  const ssh = join(folder, "ssh");
  await Deno.writeTextFile(ssh, `#!/bin/sh\necho $$ > ${folder}/pid\nexec sleep 600\n`, { mode: 0o755 });
  await w.repo.git("config", "remote.origin.url", "ssh://bob@127.0.0.1:1/shop.git");
  await withEnv(
    { GIT_SSH_COMMAND: ssh },
    () => assertRejects(() => push({ timeoutMs: 1_000 }), DomainError, "within 1 s"),
  );
  assertEquals(await isAlive(Number(await Deno.readTextFile(join(folder, "pid")))), false);
});

Deno.test("push() passes on why a remote refuses", async () => {
  const { w, push } = await pushWorld();
  await using _ = w;
  const { path } = w.repo;
  await git(dirname(path), "clone", "--quiet", path, "checked-out");
  const remote = join(dirname(path), "checked-out");
  // Else git would check out there, and run what it finds there for that.
  await git(remote, "config", "receive.denyCurrentBranch", "updateInstead");
  await w.repo.git("config", "remote.origin.url", remote);
  const expected = await w.repo.git("rev-parse", "main");
  const error = await assertRejects(() => push({ branch: "main", expected }), DomainError);
  assertEquals(error.code, "unavailable");
  assertStringIncludes(error.message, "branch is currently checked out");
});
