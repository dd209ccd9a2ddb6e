// Which programs of a repository's configuration are overridden, and by what.

import { assertEquals } from "@std/assert";
import { flatConfiguration, overridesOf, setsNoProgram } from "../../../core/process/git/git_programs.ts";
import { git, tempDir } from "../../support/temp.ts";

function overrides(...settings: [scope: string, key: string, value: string][]): [string, string][] {
  const { args, env } = overridesOf(settings.map(([scope, key, value]) => `${scope}\0${key}\n${value}\0`).join(""));
  return args.map((arg) => {
    const [, key, variable] = /^--config-env=(.*)=(\w+)$/.exec(arg)!;
    return [key!, env[variable!]!];
  });
}

Deno.test("overridesOf() leaves the user's own programs alone", () => {
  assertEquals(overrides(), []);
  assertEquals(
    overrides(["global", "filter.lfs.smudge", "git-lfs smudge"], ["system", "core.sshcommand", "ssh -v"]),
    [],
  );
});

Deno.test("overridesOf() puts the user's program, or none, in place of the repository's", () => {
  assertEquals(
    overrides(
      ["system", "filter.a.clean", "system"],
      ["global", "filter.a.clean", "mine"],
      ["local", "filter.a.clean", "theirs"],
      ["worktree", "filter.x=y.z.smudge", "theirs"],
      ["local", "filter.a.required", "true"],
      ["local", "core.sshcommand", "theirs"],
      ["local", "core.askpass", "theirs\nand more"],
    ),
    [
      ["filter.a.clean", "mine"],
      ["filter.x=y.z.smudge", ""],
      ["filter.a.required", "false"],
      ["core.sshcommand", "ssh"],
      ["core.askpass", ""],
    ],
  );
});

Deno.test("overridesOf() takes git-lfs's own words from a repository, and no others for its name", () => {
  const words = "git-lfs filter-process";
  assertEquals(overrides(["local", "filter.lfs.process", words], ["local", "filter.lfs.required", "true"]), []);
  assertEquals(overrides(["local", "filter.lfs.process", `${words}; id`]), [["filter.lfs.process", ""]]);
  assertEquals(overrides(["local", "lfs.extension.x.clean", "theirs"]), [["lfs.extension.x.clean", ""]]);
});

Deno.test("overridesOf() forgets all credential helpers and names the user's again", () => {
  assertEquals(
    overrides(
      ["global", "credential.helper", "store"],
      ["local", "credential.helper", "!theirs"],
      ["global", "credential.https://example.com.helper", "mine"],
    ),
    [["credential.helper", ""], ["credential.helper", "store"], ["credential.https://example.com.helper", "mine"]],
  );
});

Deno.test("overridesOf() allows no fetching when the repository names a program for it", () => {
  const listing = (scope: string) => `${scope}\0remote.origin.uploadpack\n/theirs\0`;
  assertEquals(overridesOf(listing("local")), {
    args: [],
    env: {},
    settings: [],
    isOffline: true,
    hasOwnSsh: false,
    excludesFile: null,
  });
  assertEquals(overridesOf(listing("global")).isOffline, false);
});

Deno.test("overridesOf() says which file of exclusions is written last, whoever wrote it", () => {
  const listing = "global\0core.excludesfile\n~/mine\0local\0core.excludesfile\nnear\0";
  assertEquals(overridesOf(listing), { ...overridesOf(""), excludesFile: "near" });
  assertEquals(overridesOf("").excludesFile, null);
});

Deno.test("overridesOf() switches configured hooks off, whoever configured them", () => {
  assertEquals(overrides(["global", "hook.lint.command", "lint"], ["local", "hook.lint.enabled", "true"]), [
    ["hook.lint.command", ""],
    ["hook.lint.enabled", "false"],
  ]);
});

Deno.test("overridesOf() puts git's own merge of texts in place of the repository's merge driver", () => {
  assertEquals(overrides(["local", "merge.a.driver", "theirs"], ["global", "merge.b.driver", "mine"]), [
    ["merge.a.driver", "git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B"],
  ]);
  assertEquals(overrides(["global", "merge.a.driver", "mine"], ["local", "merge.a.driver", "theirs"]), [
    ["merge.a.driver", "mine"],
  ]);
});

Deno.test("setsNoProgram() is sure only of a configuration that mentions none and includes nothing", () => {
  const plain = '[core]\n\tbare = false\n[remote "origin"]\n\turl = x\n[branch "main"]\n\tmerge = refs/heads/main\n';
  assertEquals(setsNoProgram(plain), true);
  const lines = [
    '[merge "x"]',
    "[Filter.x]",
    "[include]",
    '[includeIf "x"]',
    "[core] SSHCommand = x",
    "[lfs]",
    "[hook]",
  ];
  lines.push(
    '[remote "x"] uploadpack = x',
    "[extensions] worktreeConfig = true",
    "[credential]",
    '[a] [merge "x"] driver = y',
  );
  for (const line of lines) assertEquals(setsNoProgram(`${plain}${line}\n`), false, line);
});

Deno.test("flatConfiguration() holds what is the repository's own, leads nowhere, and git reads it as it was", async () => {
  const listing = [
    ...["global\0user.name\nMe", "local\0include.path\n/theirs", "local\0includeif.gitdir:/a.path\n/theirs"],
    ...['local\0remote.a"b\\c.d.url\n "x;#\\ \ty\nz ', "worktree\0core.bare", "local\0core.editor\n"],
  ].map((entry) => `${entry}\0`).join("");
  await using folder = await tempDir();
  const file = `${folder.path}/config`;
  await Deno.writeTextFile(file, flatConfiguration(listing));
  assertEquals((await git(folder.path, "config", "--file", file, "--null", "--list")).split("\0").slice(0, -1), [
    ...['remote.a"b\\c.d.url\n "x;#\\ \ty\nz ', "core.bare", "core.editor\n", "extensions.worktreeconfig\nfalse"],
  ]);
});
