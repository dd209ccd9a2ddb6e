// What comes after the work changes of a task, and what of that the merge queue and those that wait for it see.

import { assertEquals } from "@std/assert";
import type { NewEvent } from "../../core/domain/event.ts";
import { isAtEnd, landingEntry } from "../../core/domain/landing_order.ts";
import { dependencyStatus } from "../../core/domain/task.ts";
import {
  accepted,
  commentAdded,
  discarded,
  integrated,
  kept,
  landed,
  landingFinished,
  landingRequested,
  reviewHistory,
} from "./review_world.ts";
import { begun, dawn, events, failedHistory, fold, iso, stamped, taskOf, worker } from "./world.ts";

const { completed, finished, messageAdded, removed, retryScheduled, snapshotted } = events;
const auto = () => landingRequested({ auto: true });

Deno.test("the review of a task: open with its completion, then as a person or a landing says, and none of a new life", () => {
  const review = (...history: NewEvent[]) => taskOf(...history).review;
  assertEquals(review(...begun(), finished(1, "succeeded", "complete"), completed()), null);
  assertEquals(review(...reviewHistory()), "open");
  assertEquals(review(...reviewHistory(), accepted()), "accepted");
  assertEquals(review(...reviewHistory(), discarded()), "discarded");
  assertEquals(review(...landed()), "landed");
  assertEquals(review(...reviewHistory(), landingRequested(), landingFinished("conflict")), "open");
  assertEquals(review(...reviewHistory(), accepted(), landingRequested(), landingFinished("moved")), "accepted");
  assertEquals(review(...landed(), messageAdded()), null);
  assertEquals(review(...landed(), retryScheduled(1, iso(dawn))), null);
});

Deno.test("an open landing is known by its request, and how the last one ended stays known", () => {
  const open = taskOf(...reviewHistory(), landingRequested(), integrated());
  const seq = reviewHistory().length + 1;
  assertEquals([open.landing?.seq, open.landing?.auto, open.lands_itself], [seq, false, false]);
  assertEquals(open.landing?.integrated, { target_commit: "c".repeat(40), commit: "d".repeat(40) });
  const conflicts = Array.from({ length: 12 }, (_, n) => `${n}.txt`);
  const over = taskOf(...reviewHistory(), auto(), landingFinished("conflict", { conflicts, error: "x".repeat(600) }));
  assertEquals([over.landing, over.lands_itself, over.last_landing?.auto], [null, true, true]);
  assertEquals(over.last_landing?.conflicts.length, 10);
  assertEquals(over.last_landing!.error!.length <= 501, true);
});

Deno.test("a command of a landing changes its step, and nothing of what the task's own run had", () => {
  const started: NewEvent = {
    type: "check.started",
    data: { command: "true", timeout_seconds: 1, of: "landing", round: 1, commit: "d".repeat(40), uncommitted: 0 },
  };
  const ended: NewEvent = {
    type: "check.finished",
    data: {
      ...{ outcome: "failed", exit_code: 1, signal: null, duration_ms: 1, round: 1, commit: "d".repeat(40) },
      of: "landing",
    },
  };
  const before = taskOf(...reviewHistory(), landingRequested());
  const during = taskOf(...reviewHistory(), landingRequested(), started);
  const after = taskOf(...reviewHistory(), landingRequested(), started, ended);
  assertEquals([before.landing?.step, during.landing?.step, after.landing?.step], [null, "check", null]);
  assertEquals([after.last_check, after.last_step, after.run], [before.last_check, before.last_step, null]);
  const confined: NewEvent = {
    type: "sandbox.applied",
    data: {
      ...{ level: "files", reason: null, writable: [], unreadable: [], network: "all", domains: [], processes: null },
      of: "landing",
    },
  };
  assertEquals(taskOf(...reviewHistory(), landingRequested(), started, confined).landing, during.landing);
});

Deno.test("conflicts solved in a row are counted while nobody asks, and forgotten when it landed", () => {
  const merge = { target: "main", commit: "c".repeat(40), method: "squash" } as const;
  const told: NewEvent = { type: "message.added", data: { text: "Solve it", resolve: merge } };
  const landing = (...more: NewEvent[]) => [auto(), landingFinished("conflict"), told, ...more];
  const by = (name: string, ...more: NewEvent[]) =>
    fold(stamped([...reviewHistory(), ...landing(), ...more]).map((event) => ({ ...event, by: name })));
  assertEquals([by("laptop").solved, by("laptop").merge], [1, merge]);
  assertEquals(by("laptop", ...landing()).solved, 2);
  assertEquals(by("laptop", auto(), landingFinished("landed")).solved, 0);
  assertEquals(by("laptop", messageAdded()).solved, 0);
  assertEquals(by("api", ...landing()).solved, 0);
  const rebase: NewEvent = {
    type: "message.added",
    data: { text: "Solve it", resolve: { ...merge, method: "rebase" } },
  };
  assertEquals(taskOf(...reviewHistory(), rebase).merge, null);
  const isMerging: NewEvent = { type: "merge.started", data: { target: "main", commit: merge.commit, conflicts: [] } };
  assertEquals(taskOf(...reviewHistory(), told, isMerging).merge, null);
});

Deno.test("comments are kept by the events that hold them, and those that were sent know with what", () => {
  const added = [...reviewHistory(), commentAdded(1), commentAdded(2)];
  const first = reviewHistory().length + 1;
  assertEquals(taskOf(...added).comments, [
    { id: 1, added: first, text: first, sent: null, resolved: false },
    { id: 2, added: first + 1, text: first + 1, sent: null, resolved: false },
  ]);
  const later = taskOf(
    ...added,
    { type: "comment.edited", data: { id: 1, text: "How?" } },
    { type: "comment.resolved", data: { id: 2, resolved: true } },
    { type: "message.added", data: { text: "Look", comments: [1] } },
    { type: "comment.deleted", data: { id: 2 } },
  );
  assertEquals(later.comments, [{ id: 1, added: first, text: first + 2, sent: first + 4, resolved: false }]);
  assertEquals([later.last_comment, later.comments_seq], [2, first + 5]);
});

Deno.test("dependencyStatus(): of a task that lands by itself, completed is not all", () => {
  const status = (...history: NewEvent[]) => dependencyStatus(taskOf(...history));
  assertEquals(status(...reviewHistory()), "completed");
  assertEquals(status(...reviewHistory(), landingRequested()), "completed");
  assertEquals(status(...reviewHistory(), auto()), "landing");
  assertEquals(status(...reviewHistory(), auto(), integrated()), "landing");
  assertEquals(status(...reviewHistory(), auto(), landingFinished("conflict")), "in_review");
  assertEquals(status(...reviewHistory(), auto(), landingFinished("conflict"), accepted()), "completed");
  assertEquals(status(...reviewHistory(), auto(), landingFinished("conflict"), discarded()), "discarded");
  assertEquals(status(...reviewHistory(), auto(), landingFinished("landed")), "completed");
  assertEquals(status(...failedHistory()), "failed");
});

Deno.test("landingEntry(): what is to land, then what is to be put away; isAtEnd() once neither is", () => {
  const look = (...history: NewEvent[]) => {
    const task = taskOf(...history);
    const entry = landingEntry(task);
    return [entry && (entry.landing === null ? "put away" : "land"), isAtEnd(task)];
  };
  assertEquals(look(...begun()), [null, false]);
  assertEquals(look(...reviewHistory()), [null, true]);
  assertEquals(look(...reviewHistory(), accepted()), [null, true]);
  assertEquals(look(...reviewHistory(), landingRequested()), ["land", false]);
  assertEquals(look(...reviewHistory(), discarded()), ["put away", false]);
  assertEquals(look(...landed()), ["put away", false]);
  assertEquals(look(...landed(), snapshotted(1), removed()), [null, true]);
  assertEquals(look(...landed(), kept()), [null, true]);
  assertEquals(look(...landed(), messageAdded()), [null, false]);
  // What was imported goes on elsewhere, however far it was.
  const imported = { store: "s", task: 7, events: 9, exported_at: "2026-03-01T10:00:00.000Z" };
  const [created, ...more] = [...reviewHistory(), landingRequested()];
  const here = { ...created!, data: { ...created!.data, imported } } as NewEvent;
  for (const history of [[here], [here, ...more]]) assertEquals(isAtEnd(taskOf(...history)), true);
  assertEquals(look(...failedHistory()), [null, true]);
  assertEquals(landingEntry(taskOf(...reviewHistory({ priority: 3 }), landingRequested())), {
    ...{ id: 12, repo: "demo", priority: 3, holder: worker, landing: reviewHistory().length + 1 },
  });
});
