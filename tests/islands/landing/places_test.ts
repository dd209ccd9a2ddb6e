import { assertEquals } from "@std/assert";
import {
  editorOf,
  editors,
  editorUrl,
  hasElsewhere,
  isLoopbackHost,
  shellCommands,
} from "../../../islands/landing/places.ts";
import { begun, history, viewOf } from "../sample_events.ts";

Deno.test("editorUrl() is what each editor listens for, with the path encoded", () => {
  assertEquals(editors.map((one) => editorUrl(one, "/w/a b#1")), [
    "vscode://file/w/a%20b%231",
    "cursor://file/w/a%20b%231",
    "zed://file/w/a%20b%231",
    "idea://open?file=/w/a%20b%231",
  ]);
  assertEquals(editors.map((one) => editorUrl(one, "/w/a.ts", 7)), [
    "vscode://file/w/a.ts:7",
    "cursor://file/w/a.ts:7",
    "zed://file/w/a.ts:7",
    "idea://open?file=/w/a.ts&line=7",
  ]);
  assertEquals([editorOf("zed"), editorOf("emacs"), editorOf(null)], ["zed", "vscode", "vscode"]);
});

Deno.test("isLoopbackHost(): the worktrees are on the reader's machine", () => {
  const hosts = ["localhost", "coder.localhost", "127.0.0.1", "127.1.2.3", "[::1]"];
  assertEquals(hosts.filter((one) => !isLoopbackHost(one)), []);
  const others = ["127.0.0.1.example.com", "10.0.0.1", "example.com", "notlocalhost", "[::2]"];
  assertEquals(others.filter(isLoopbackHost), []);
});

Deno.test("shellCommands() quote what a shell would read otherwise", () => {
  assertEquals(shellCommands({ worktree: "/w/it's", branch: "task-1-x" }), {
    worktree: "cd '/w/it'\\''s'",
    repository: "git switch --detach task-1-x",
  });
  assertEquals(shellCommands({ worktree: null, branch: null }), { worktree: null, repository: null });
});

Deno.test("hasElsewhere(): not before there is a worktree, nor of a trial", () => {
  const task = viewOf(history(...begun));
  assertEquals(hasElsewhere(viewOf(history(["task.created"]))), false);
  assertEquals(hasElsewhere(task), true);
  assertEquals(hasElsewhere({ ...task, trial: true }), false);
});
