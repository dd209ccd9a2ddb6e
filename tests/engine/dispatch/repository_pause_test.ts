import { assertEquals } from "@std/assert";
import { DomainError } from "../../../core/domain/error.ts";
import type { Clock } from "../../../core/domain/ports.ts";
import { repositoryFault, repositoryPauses } from "../../../core/engine/dispatch/repository_pause.ts";
import type { Worktrees } from "../../../core/process/git/worktrees.ts";
import { begun, events, taskOf } from "../../domain/world.ts";

/** Pauses whose looks come when the test says so. */
function world() {
  const waits: number[] = [];
  const notes: string[] = [];
  let ailment: string | null = "its folder is gone";
  let next: (() => void) | null = null;
  let changes = 0;
  const clock = {
    timer(ms: number, callback: () => void) {
      waits.push(ms);
      next = callback;
      return () => next = null;
    },
  } as unknown as Clock;
  const worktrees = { whyUnusable: () => Promise.resolve(ailment) } as unknown as Worktrees;
  const pauses = repositoryPauses({ clock, worktrees, warn() {} }, {
    note: (_, text) => Promise.resolve(void notes.push(text)),
    onChange: () => changes++,
  });
  return {
    pauses,
    worktrees,
    waits,
    notes,
    changes: () => changes,
    ails: (reason: string | null) => void (ailment = reason),
    isWaiting: () => next !== null,
    async look() {
      const due = next!;
      next = null;
      due();
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    },
  };
}

Deno.test("a broken repository is looked at less and less often, and goes on by itself", async () => {
  const { pauses, waits, notes, changes, ails, isWaiting, look } = world();
  pauses.pause("shop", "its folder is gone");
  pauses.pause("shop", "another run says so, too");
  assertEquals([...pauses.current()], [["shop", "its folder is gone"]]);
  for (let n = 0; n < 9; n++) await look();
  assertEquals(waits, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1_000));
  assertEquals([notes, changes()], [["Repository shop is paused: its folder is gone"], 1]);
  ails("it has no commit yet");
  await look();
  assertEquals(pauses.current().get("shop"), "it has no commit yet");
  ails(null);
  await look();
  assertEquals([pauses.current().size, notes.at(-1), isWaiting()], [0, "Repository shop goes on", false]);

  // Broken again before any run went well: no soon look; after one that did: as at first.
  pauses.pause("shop", "its folder is gone");
  assertEquals(waits.at(-1), 300_000);
  await look();
  pauses.isWell("shop");
  pauses.pause("shop", "its folder is gone");
  assertEquals(waits.at(-1), 2_000);
  pauses.close();
  assertEquals(isWaiting(), false);
});

Deno.test("repositoryFault() tells the fault of a repository from that of a task", async () => {
  const { worktrees, ails } = world();
  const invalid = new DomainError("invalid", 'Cannot start from "HEAD": the repository has no such commit');
  const refused = new DomainError("unavailable", "git worktree failed: disk quota exceeded");
  const head = taskOf(events.created());
  const chosen = taskOf(events.created({ base: "no-such-branch" }));
  assertEquals(await repositoryFault({ worktrees }, chosen, invalid), "its folder is gone");
  ails(null);
  assertEquals(await repositoryFault({ worktrees }, chosen, invalid), null);
  assertEquals(await repositoryFault({ worktrees }, chosen, refused), refused.message);
  assertEquals(await repositoryFault({ worktrees }, head, invalid), invalid.message);
  // It began from a commit that is gone since: no HEAD will bring that back.
  assertEquals(await repositoryFault({ worktrees }, taskOf(...begun()), invalid), null);
  assertEquals(await repositoryFault({ worktrees }, head, new Error("A mistake of ours")), null);
});
