// What may be said of finished work, and what follows from it.

import { assertEquals } from "@std/assert";
import type { Command, LandingResult } from "../../core/domain/command.ts";
import { decide } from "../../core/domain/decide.ts";
import type { CommentAnchor, NewEvent } from "../../core/domain/event.ts";
import { begun, dawn, events, failedHistory, given, runEnd, taskOf, worker } from "./world.ts";
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

const { cancelRequested, completed, finished, messageAdded, removed, snapshotted } = events;

const request = { method: "squash", target: "main", message: null } as const;
const land: Command = { type: "land", request };
const accept: Command = { type: "accept" };
const discard: Command = { type: "discard" };
const cancel: Command = { type: "cancel" };
const message: Command = { type: "add_message", text: "And in Spanish" };
const retry: Command = { type: "retry" };
const anchor: CommentAnchor = { path: "a.txt", side: "new", line: 3, quote: "three", blob: null };
const comment: Command = { type: "add_comment", anchor, text: "Why?" };

/** The seq of the request that is asked for right after `reviewHistory`. */
const requested = reviewHistory().length + 1;
const landing = (...more: NewEvent[]) => [...reviewHistory(), landingRequested(), ...more];
const result: LandingResult = {
  ...{ outcome: "landed", target_commit: "c".repeat(40), commit: "d".repeat(40), backup_ref: null, error: null },
};

// Every state against every command: `yes` writes, `no` changes nothing, words are part of the refusal.

const commands = { land, accept, discard, message, retry, cancel };
type Answers = Record<keyof typeof commands, string>;

const over = { message: "yes", retry: "yes", cancel: "completed" };
/** As the run left it, it is the base itself. */
const nothingSaved: NewEvent = {
  type: "work.saved",
  run: 1,
  data: { name: "run-1", ref: null, commit: "c".repeat(40) },
};

const table: [state: string, history: NewEvent[], answers: Answers][] = [
  ["open", reviewHistory(), { ...over, land: "yes", accept: "yes", discard: "yes" }],
  ["accepted", [...reviewHistory(), accepted()], { ...over, land: "yes", accept: "no", discard: "yes" }],
  ["discarded", [...reviewHistory(), discarded()], {
    ...{ ...over, land: "its work was discarded", accept: "its work was discarded", discard: "no" },
  }],
  ["landed", landed(), { ...over, land: "its work was landed", accept: "its work was landed", discard: "landed" }],
  ["landed and put away", [...landed(), snapshotted(1), removed()], {
    ...{ ...over, land: "its work was landed", accept: "its work was landed", discard: "landed" },
  }],
  ["of no change", [...begun(), nothingSaved, finished(1, "succeeded", "complete"), completed()], {
    ...{ ...over, land: "yes", accept: "nothing of it to review", discard: "nothing of it to review" },
  }],
  ["from before there were reviews", [...begun(), finished(1, "succeeded", "complete"), completed()], {
    ...{ ...over, land: "yes", accept: "yes", discard: "yes" },
  }],
  ["landing", landing(), {
    ...{ land: "landing in main already", accept: "landing in main", discard: "landing in main" },
    ...{ message: "landing in main", retry: "landing in main", cancel: "yes" },
  }],
  ["moving its target", landing(integrated()), {
    ...{ land: "landing in main already", accept: "landing in main", discard: "landing in main" },
    ...{ message: "landing in main", retry: "landing in main", cancel: "main is moving" },
  }],
  ["failed to land", landing(landingFinished("conflict")), { ...over, land: "yes", accept: "yes", discard: "yes" }],
  ["failed", failedHistory(), {
    ...{ land: "only a completed task", accept: "only a completed task", discard: "only a completed task" },
    ...{ message: "yes", retry: "yes", cancel: "failed" },
  }],
  ["running", begun(), {
    ...{ land: "only a completed task", accept: "only a completed task", discard: "only a completed task" },
    ...{ message: "yes", retry: "only a finished task", cancel: "yes" },
  }],
];

for (const [state, history, answers] of table) {
  Deno.test(`decide() of a task that is ${state}: land, judge, go on, cancel`, () => {
    for (const [name, command] of Object.entries(commands)) {
      const answer = answers[name as keyof Answers];
      if (answer === "no") given(...history).when(command).then();
      else if (answer !== "yes") given(...history).when(command).thenRefused("conflict", answer);
      else if (decide(command, taskOf(...history), dawn + 1e6).length === 0) throw new Error(`${name} writes nothing`);
    }
  });
}

Deno.test("decide(land) asks for it as it was said; work that is gone and trials cannot land", () => {
  given(...reviewHistory()).when(land).then({ type: "landing.requested", data: request });
  given(...reviewHistory(), snapshotted(1), removed()).when(land).thenRefused("conflict", "its worktree is gone");
  given(...reviewHistory({ trial: true })).when(land).thenRefused("conflict", "only tried setup and check");
});

Deno.test("decide(accept) and decide(discard) say what a person thinks of it", () => {
  given(...reviewHistory()).when(accept).then(accepted());
  given(...reviewHistory()).when(discard).then(discarded());
  given(...reviewHistory(), accepted()).when(discard).then(discarded());
});

Deno.test("decide(finish_run) lets what is good and changed something land by itself, in the same transition", () => {
  const end = runEnd("succeeded");
  const own = { ...request, auto: true } as const;
  const [, done, asked] = decide(
    { type: "finish_run", run: 1, end, changed: true, landing: own },
    taskOf(...begun()),
    dawn,
  );
  assertEquals(done, { type: "task.completed", data: { output: "Done.", review: true } });
  assertEquals(asked, { type: "landing.requested", data: own });
  const types = (changed: boolean, outcome: "succeeded" | "failed" = "succeeded") =>
    decide({ type: "finish_run", run: 1, end: runEnd(outcome), changed, landing: own }, taskOf(...begun()), dawn)
      .map(({ type }) => type);
  assertEquals(types(false), ["run.finished", "task.completed"]);
  assertEquals(types(true, "failed"), ["run.finished"]);
});

Deno.test("decide(cancel) of a landing ends it as refused, and the work stays to be looked at", () => {
  given(...landing()).when(cancel).then(landingFinished("refused", { error: "It was cancelled" }));
  const after = taskOf(...landing(landingFinished("refused")));
  assertEquals([after.landing, after.review, after.cancel_requested], [null, "open", false]);
});

Deno.test("decide(record_landing) and decide(finish_landing) take none but the open landing", () => {
  const record: Command = { type: "record_landing", landing: requested, holder: worker, events: [integrated()] };
  const end: Command = { type: "finish_landing", landing: requested, holder: worker, end: result };
  given(...landing()).when(record).then(integrated());
  given(...landing(integrated())).when(end).then(landingFinished("landed", result));
  for (const command of [record, end]) {
    given(...landing(landingFinished("refused"))).when(command).thenRefused("fenced", "is over");
    // Another one has begun since.
    given(...landing(landingFinished("refused"), landingRequested())).when(command).thenRefused("fenced", "is over");
    given(...reviewHistory()).when(command).thenRefused("fenced", "is over");
    // Another worker took the work over.
    given(...landing()).when({ ...command, holder: "worker-2" }).thenRefused("fenced", "is over here");
  }
});

Deno.test("decide(finish_landing) with something to solve lets the task go on, in the same transition", () => {
  const merge = { target: "main", commit: "c".repeat(40), method: "squash" } as const;
  const end: LandingResult = { ...result, outcome: "conflict", conflicts: ["a.txt"], commit: null, error: "1 file" };
  const command: Command = {
    type: "finish_landing",
    landing: requested,
    holder: worker,
    end,
    resolve: { text: "Solve it", merge },
  };
  const told: NewEvent = { type: "message.added", data: { text: "Solve it", resolve: merge } };
  given(...landing()).when(command).then(landingFinished("conflict", end), told);
  const after = taskOf(...landing(landingFinished("conflict", end), told));
  assertEquals([after.status, after.landing, after.merge, after.next.kind], ["pending", null, merge, "resume"]);
});

Deno.test("decide(add_comment) numbers comments, and wants something to comment on", () => {
  const data = { id: 1, ...anchor, text: "Why?" };
  given(...reviewHistory()).when(comment).then({ type: "comment.added", data });
  given(...reviewHistory(), commentAdded(1), commentAdded(2), { type: "comment.deleted", data: { id: 2 } })
    .when(comment).then({ type: "comment.added", data: { ...data, id: 3 } });
  given(events.created()).when(comment).thenRefused("conflict", "it has not run yet");
  const ofPlan: Command = { type: "add_comment", anchor: { ...anchor, side: "plan", path: "" }, text: "Why?" };
  given(...reviewHistory()).when(ofPlan).thenRefused("conflict", "it has no plan");
  const many = Array.from({ length: 200 }, (_, n) => commentAdded(n + 1));
  given(...reviewHistory(), ...many).when(comment).thenRefused("conflict", "has 200 comments");
});

Deno.test("decide(change_comment) and decide(delete_comment): what was sent keeps its words", () => {
  const history = [...reviewHistory(), commentAdded(1)];
  const change = (changes: { text?: string; resolved?: boolean }, id = 1): Command => ({
    type: "change_comment",
    id,
    ...changes,
  });
  given(...history).when(change({ text: "How?", resolved: true })).then(
    { type: "comment.edited", data: { id: 1, text: "How?" } },
    { type: "comment.resolved", data: { id: 1, resolved: true } },
  );
  given(...history).when(change({ resolved: false })).then();
  given(...history).when(change({ text: "How?" }, 2)).thenRefused("not_found", "no comment 2");
  const sent: NewEvent = { type: "message.added", data: { text: "Why?", comments: [1] } };
  given(...history, sent).when(change({ text: "How?" })).thenRefused("conflict", "was sent");
  given(...history, sent).when(change({ resolved: true })).then({
    type: "comment.resolved",
    data: { id: 1, resolved: true },
  });
  given(...history).when({ type: "delete_comment", id: 1 }).then({ type: "comment.deleted", data: { id: 1 } });
  given(...history).when({ type: "delete_comment", id: 2 }).thenRefused("not_found", "no comment 2");
});

Deno.test("decide(send_comments) sends each once: to the agent, or as what is to be changed of a plan", () => {
  const history = [...reviewHistory(), commentAdded(1), commentAdded(2)];
  const seen = history.length;
  const sending = (seen: number, ...ids: number[]): Command => ({ type: "send_comments", ids, text: "Look", seen });
  const send = (...ids: number[]) => sending(seen, ...ids);
  const sent = (...comments: number[]): NewEvent => ({ type: "message.added", data: { text: "Look", comments } });
  given(...history).when(send(1, 2)).then(sent(1, 2));
  given(...history, sent(1, 2)).when(send(1, 2)).then();
  given(...history, sent(1)).when(sending(seen + 1, 1, 2)).thenRefused("conflict", "changed a moment ago");
  given(...history, commentAdded(3)).when(send(1, 2)).thenRefused("conflict", "changed a moment ago");
  given(...history).when(send(3)).thenRefused("not_found", "no comment 3");
  given(...history, landingRequested()).when(send(1)).thenRefused("conflict", "landing in main");
  const plan = [
    ...begun(1, { mode: "plan" }),
    events.planProposed(1),
    finished(1, "planned", "approve"),
    commentAdded(1),
  ];
  given(...plan).when(sending(plan.length, 1)).then({
    type: "plan.rejected",
    data: { feedback: "Look", comments: [1] },
  });
  given(...plan, cancelRequested()).when(sending(plan.length, 1)).thenRefused("conflict", "cancel");
});

Deno.test("decide(archive_worktree) writes nothing of a place that went meanwhile, and nothing beside a run", () => {
  const archive: Command = { type: "archive_worktree", events: [kept()] };
  given(...landed()).when(archive).then(kept());
  given(...landed(), snapshotted(1), removed()).when(archive).then();
  const again = [...landed(), messageAdded(), events.claimed(2, 1)];
  given(...again).when(archive).thenRefused("fenced", "it is running");
  // As long as no run has begun it may still be put away: the next one puts it back.
  given(...landed(), messageAdded()).when(archive).then(kept());
});
