import { assertEquals } from "@std/assert";
import type { EventData } from "../../core/domain/event.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { landingEndWords, offersOf, replacesWork, reviewChips, reviewLine } from "../../core/view/review_words.ts";
import { stateOf } from "../../core/view/task_state.ts";
import { stagesOf } from "../../islands/task/stages.ts";
import { begun, history, type Sample, viewOf } from "../islands/sample_events.ts";

const done: Sample[] = [...begun, ["run.finished"], ["task.completed", { review: true }]];
const asked: Sample = ["landing.requested", { method: "squash", target: "main", message: null }];
const end = (changes: Partial<EventData["landing.finished"]>): Sample => ["landing.finished", {
  ...{ outcome: "landed", method: "squash", target: "main", target_commit: "a".repeat(40), commit: "b".repeat(40) },
  ...{ backup_ref: "refs/coder/task-1/target-1", error: null },
  ...changes,
}];
const checking: Sample = ["check.started", {
  ...{ of: "landing", command: "true", timeout_seconds: 60, round: 1, commit: "c", uncommitted: 0 },
}];
const joined: Sample = ["landing.integrated", { method: "squash", target: "main", target_commit: "a", commit: "b" }];
const view = (...samples: Sample[]): TaskView => viewOf(history(...done, ...samples));

/** What stands on the card and in the head of a task after these events. */
function shown(...samples: Sample[]) {
  const task = view(...samples);
  const stages = stagesOf(task, { events: history(...done, ...samples), now: 0 });
  return [stateOf(task, 0).word, reviewLine(task), stages.at(-1)!.detail];
}

Deno.test("a completed task says how far its review is", () => {
  assertEquals(shown(), ["To review", null, "to review"]);
  assertEquals(shown(asked), ["Landing", "Waiting for its turn, into main", "landing"]);
  assertEquals(shown(asked, checking), ["Landing", "Check of the result, into main", "landing"]);
  assertEquals(shown(asked, end({})), ["Landed", null, "landed"]);
  const refused = end({ outcome: "refused", commit: null, error: "shared.txt is in the way\nmore" });
  assertEquals(shown(asked, refused), ["Not landed", "shared.txt is in the way", "not landed"]);
  assertEquals(shown(["task.accepted"]), ["Accepted", null, "accepted"]);
  assertEquals(shown(["task.discarded"]), ["Discarded", null, "discarded"]);
  const nothing = viewOf(history(...begun, ["run.finished"], ["task.completed"]));
  assertEquals([stateOf(nothing, 0).word, reviewLine(nothing)], ["Completed", null]);
});

Deno.test("offersOf(): what can be said at each moment of a review", () => {
  const offered = (task: TaskView) => Object.entries(offersOf(task)).filter(([, can]) => can).map(([name]) => name);
  assertEquals(offered(view()), ["land", "accept", "discard"]);
  assertEquals(offered(view(asked)), ["cancelLanding"]);
  // From when the target may have moved there is no way back.
  assertEquals(offered(view(asked, joined)), []);
  assertEquals(offered(view(asked, end({}))), []);
  assertEquals(offered(view(asked, end({ outcome: "conflict", error: "x" }))), ["land", "accept", "discard"]);
  assertEquals(offered(view(["task.accepted"])), ["land", "discard"]);
  assertEquals(offered(view(["task.discarded"])), []);
  assertEquals(offered({ ...view(), worktree: null }), ["accept", "discard"]);
  assertEquals(offered(viewOf(history(...begun))), []);
});

Deno.test("replacesWork(): only a completed task's that still stands", () => {
  assertEquals(replacesWork(view()), true);
  assertEquals(replacesWork({ ...view(), worktree: null }), false);
  assertEquals(replacesWork({ ...view(), status: "failed" }), false);
});

Deno.test("landingEndWords() says where and how, or why not and what to do", () => {
  assertEquals(landingEndWords(view()), null);
  assertEquals(landingEndWords(view(asked, end({})))?.text, "Landed in main as bbbbbbbbb by squash");
  const words = landingEndWords(view(asked, end({ outcome: "conflict", commit: null, error: "1 file conflicts" })));
  assertEquals([words?.tone, words?.text], ["need", "Not landed in main: 1 file conflicts"]);
  assertEquals(words?.advice?.startsWith("Let the agent solve it"), true);
});

Deno.test("reviewChips() counts unsent comments while the review is open, and names the pull request", () => {
  const place = { path: "a", side: "new" as const, line: 1, quote: "x", blob: null };
  const comment: Sample = ["comment.added", { ...place, id: 1, text: "Why?" }];
  const opened: Sample = ["pull_request.opened", { url: "https://x/1", number: 7, title: "T" }];
  assertEquals(reviewChips(view(comment)), ["1 comment not sent"]);
  assertEquals(reviewChips(view(comment, ["task.accepted"])), []);
  assertEquals(reviewChips(view(opened)), ["pull request #7 open"]);
});
