// Against a scripted `gh`: a shell script that notes its arguments and answers as the real one does. The real one needs an
// account.

import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../core/domain/error.ts";
import { createPullRequest, ghState, type NewPullRequest, pullRequestState } from "../../core/process/gh.ts";
import { tempRepository } from "../support/temp.ts";

const url = "https://github.com/ada/shop/pull/12";
const open = { url, number: 12, state: "OPEN", headRefName: "task-1-x", title: "Fix" };

/** A scripted `gh` with an answer, in shell, to each of its commands. */
async function ghWorld(answers: Record<string, string>) {
  const repo = await tempRepository();
  const folder = join(repo.path, "..");
  const program = join(folder, "gh");
  const cases = Object.entries({ "--version *": "echo gh version 2.0.0", ...answers });
  await Deno.writeTextFile(
    program,
    [
      "#!/bin/sh",
      `printf '%s\\0' "$@" >> ${folder}/calls; printf '\\n' >> ${folder}/calls`,
      `echo "$GH_PROMPT_DISABLED $NO_COLOR $PWD" > ${folder}/surroundings`,
      'case "$1 $2" in',
      ...cases.map(([command, answer]) => `${command.replaceAll(" ", "\\ ")}) ${answer};;`),
      "esac",
      "",
    ].join("\n"),
    { mode: 0o755 },
  );
  const calls = async () => {
    const text = await Deno.readTextFile(join(folder, "calls"));
    return text.split("\0\n").filter((call) => call !== "").map((call) => call.split("\0"));
  };
  const request: NewPullRequest = {
    ...{ cwd: repo.path, head: "task-1-x", base: "main", title: "--title; $(x)", body: "Body\n", draft: false },
  };
  return { repo, folder, options: { program }, calls, request };
}

const json = (value: unknown) => `printf '%s' '${JSON.stringify(value)}'`;

Deno.test("ghState() tells a gh that is missing from one that is logged out and one that works", async () => {
  const missing = await ghState({ program: "/nowhere/gh" });
  assertEquals(missing, { found: false, loggedIn: false, words: "Cannot run /nowhere/gh: the program was not found" });
  const out = await ghWorld({ "auth status": 'echo "You are not logged in" >&2; exit 1' });
  await using _out = out.repo;
  assertEquals(await ghState(out.options), { found: true, loggedIn: false, words: "You are not logged in" });
  const works = await ghWorld({ "auth status": "echo github.com; echo Token: gho_0123456789abcdefghij" });
  await using _works = works.repo;
  assertEquals(await ghState(works.options), { found: true, loggedIn: true, words: "github.com; Token: ***" });
});

Deno.test("createPullRequest() hands over title and body as they are, and asks nothing", async () => {
  const { repo, folder, options, calls, request } = await ghWorld({
    "pr view": "exit 1",
    "pr create": `cat > "$(dirname "$0")/body"; echo Creating; echo ${url}`,
  });
  await using _ = repo;
  assertEquals(await createPullRequest({ ...request, draft: true }, options), { url, number: 12 });
  const expected = [
    "pr",
    "create",
    "--head=task-1-x",
    "--base=main",
    "--title=--title; $(x)",
    "--body-file=-",
    "--draft",
  ];
  assertEquals((await calls()).at(-1), expected);
  assertEquals(await Deno.readTextFile(join(folder, "body")), "Body\n");
  assertEquals(await Deno.readTextFile(join(folder, "surroundings")), `1 1 ${repo.path}\n`);
  await createPullRequest(request, options);
  assert(!(await calls()).at(-1)!.includes("--draft"));
});

Deno.test("createPullRequest() finds one that is open, also when it was opened meanwhile, and no other", async () => {
  const there = await ghWorld({ "pr view": json(open) });
  await using _there = there.repo;
  assertEquals(await createPullRequest(there.request, there.options), { url, number: 12 });
  assertEquals((await there.calls()).length, 1);

  const meanwhile = await ghWorld({
    "pr view": `test -e "$(dirname "$0")/made" && ${json(open)}`,
    "pr create": 'touch "$(dirname "$0")/made"; echo already exists >&2; exit 1',
  });
  await using _meanwhile = meanwhile.repo;
  assertEquals(await createPullRequest(meanwhile.request, meanwhile.options), { url, number: 12 });

  for (const other of [{ ...open, state: "CLOSED" }, { ...open, headRefName: "other" }]) {
    const closed = await ghWorld({ "pr view": json(other), "pr create": "echo https://github.com/ada/shop/pull/13" });
    await using _closed = closed.repo;
    assertEquals((await createPullRequest(closed.request, closed.options)).number, 13);
  }
});

Deno.test("createPullRequest() fails in the words of gh, without tokens, and waits no longer than it is told", async () => {
  const secret = "https://bob:s3cret@github.com/x with ghp_0123456789abcdef0123 and github_pat_0123456789abc_def";
  const failing = await ghWorld({ "pr view": "exit 1", "pr create": `echo "no access to ${secret}" >&2; exit 4` });
  await using _failing = failing.repo;
  const error = await assertRejects(() => createPullRequest(failing.request, failing.options), DomainError);
  assertEquals(error.message, "gh pr create failed: no access to https://github.com/x with *** and ***");
  assertEquals(error.code, "unavailable");
  const silent = await ghWorld({ "pr view": "exit 1", "pr create": "echo done" });
  await using _silent = silent.repo;
  await assertRejects(() => createPullRequest(silent.request, silent.options), DomainError, "named no pull request");
  const stuck = await ghWorld({ "pr view": "exec sleep 600" });
  await using _stuck = stuck.repo;
  const late = await assertRejects(
    () => createPullRequest(stuck.request, { ...stuck.options, timeoutMs: 300 }),
    DomainError,
  );
  assertMatch(late.message, /^gh pr view failed: no answer within 0.3 s$/);
});

Deno.test("pullRequestState() is what gh says of it", async () => {
  for (const [said, state] of [["OPEN", "open"], ["MERGED", "merged"], ["CLOSED", "closed"]] as const) {
    const { repo, options, calls } = await ghWorld({ "pr view": json({ ...open, state: said }) });
    await using _ = repo;
    assertEquals(await pullRequestState({ cwd: repo.path, url }, options), { state, title: "Fix" });
    assertEquals(await calls(), [["pr", "view", url, "--json=state,title"]]);
    await assertRejects(
      () => pullRequestState({ cwd: repo.path, url: "--web" }, options),
      DomainError,
      "no pull request",
    );
  }
  for (const answer of ["echo gone >&2; exit 1", "echo no json", json({ state: "NEW", title: "x" }), json(null)]) {
    const { repo, options } = await ghWorld({ "pr view": answer });
    await using _ = repo;
    const error = await assertRejects(() => pullRequestState({ cwd: repo.path, url }, options), DomainError);
    assertStringIncludes(error.message, "gh pr view failed: ");
  }
});

Deno.test("a git that gh calls runs no program of the repository, and knows what the user configured", async () => {
  const git = "git status >&2; git update-ref refs/noted HEAD; git config user.nickname >&2; exit 1";
  const { repo, folder, options, request } = await ghWorld({ "pr view": "exit 1", "pr create": git });
  await using _ = repo;
  const trap = join(folder, "trap.sh");
  await Deno.writeTextFile(trap, `#!/bin/sh\ntouch ${trap}ped\nexec cat\n`, { mode: 0o755 });
  await repo.git("config", "core.fsmonitor", trap);
  await repo.git("config", "filter.evil.clean", trap);
  await Deno.writeTextFile(join(repo.path, ".git/info/attributes"), "* filter=evil\n");
  await Deno.copyFile(trap, join(repo.path, ".git/hooks/reference-transaction"));
  await Deno.writeTextFile(join(repo.path, "README.md"), "# A repository for TESTS\n");
  const variables = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "user.nickname", GIT_CONFIG_VALUE_0: "ada" };
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    const { message } = await assertRejects(() => createPullRequest(request, options), DomainError);
    assertStringIncludes(message, "README.md");
    assertStringIncludes(message, "; ada");
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(name);
  }
  assertEquals(await Deno.stat(`${trap}ped`).then(() => true, () => false), false);
});
