import { assertEquals } from "@std/assert";
import type { EventData } from "../../../core/domain/event.ts";
import { transcriptItems } from "../../../core/view/transcript/transcript_items.ts";
import { history, type Sample } from "../../islands/sample_events.ts";

type Applied = EventData["sandbox.applied"];

const files: Applied = {
  level: "files",
  reason: null,
  writable: ["/w/task-1", "/src/shop/.git"],
  unreadable: ["/home/ada/.ssh"],
  network: "public",
  domains: [],
  processes: 4_096,
};
const full: Applied = { ...files, level: "full", network: "listed", domains: ["a.example", "b.example"] };
const off: Applied = { ...files, level: "off", writable: [], unreadable: [], network: "all", processes: null };
const changes = Array.from({ length: 12 }, (_, n) => ({ path: `hooks/${n}`, change: "added" as const }));

const lines: { name: string; sample: Sample; line: [tone: string, text: string, detail: string | null] }[] = [{
  name: "files that a run is confined to",
  sample: ["sandbox.applied", files],
  line: [
    "wait",
    "Confined to its worktree (files)",
    "public network; at most 4096 processes",
  ],
}, {
  name: "domains that a run is confined to",
  sample: ["sandbox.applied", { ...full, processes: null, writable: [] }],
  line: ["wait", "Confined to its worktree and 2 domains (full)", "a.example, b.example"],
}, {
  name: "no domain at all",
  sample: ["sandbox.applied", { ...full, domains: [], writable: [], processes: 1 }],
  line: ["wait", "Confined to its worktree and 0 domains (full)", "at most 1 process"],
}, {
  name: "why a run is not confined",
  sample: ["sandbox.applied", { ...off, reason: "bubblewrap is not installed" }],
  line: ["need", "Not confined", "bubblewrap is not installed"],
}, {
  name: "what was undone in the git folder, and where it is kept",
  sample: ["git_folder.restored", {
    changes: [{ path: "hooks/pre-commit", change: "added" }, { path: "config", change: "changed" }],
    count: 2,
    ref: "refs/coder/task-1/git-folder-1",
    commit: "a".repeat(40),
  }],
  line: [
    "need",
    "Changes in the repository's git folder were undone",
    "kept in refs/coder/task-1/git-folder-1: hooks/pre-commit, config",
  ],
}, {
  name: "the first of many changes in the git folder",
  sample: ["git_folder.restored", { changes, count: 80, ref: null, commit: null }],
  line: [
    "need",
    "Changes in the repository's git folder were undone",
    `${changes.slice(0, 10).map(({ path }) => path).join(", ")} and 70 more`,
  ],
}];

for (const { name, sample, line } of lines) {
  Deno.test(`transcriptItems() says ${name}`, () => {
    assertEquals(
      transcriptItems(history(sample)).map((item) => item.kind === "line" && [item.tone, item.text, item.detail]),
      [
        line,
      ],
    );
  });
}
