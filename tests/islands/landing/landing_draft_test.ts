import { assertEquals } from "@std/assert";
import type { LandingPreviewView } from "../../../core/view/review_view.ts";
import {
  canResolve,
  choiceOf,
  distanceWords,
  emptyLanding,
  obstacleOf,
  reasonsOf,
  requestOf,
} from "../../../islands/landing/landing_draft.ts";

const preview: LandingPreviewView = {
  target: "main",
  method: "squash",
  target_commit: "a".repeat(40),
  commit: "b".repeat(40),
  merge_base: "c".repeat(40),
  ahead: 2,
  behind: 3,
  conflicts: [],
  is_landed: false,
  methods: { ff: "main has moved on by 3 commits", merge: null, squash: null, rebase: null },
  checkout: null,
  uncommitted: { count: 0, files: [] },
  message: "Title\n",
  check: null,
};

const conflicting: LandingPreviewView = {
  ...preview,
  conflicts: ["a.txt"],
  methods: { ...preview.methods, merge: "1 file conflicts: a.txt", squash: "1 file conflicts: a.txt" },
};

const untidy: LandingPreviewView = { ...preview, uncommitted: { count: 2, files: ["x", "y"] } };

Deno.test("choiceOf() names only what was chosen", () => {
  assertEquals(choiceOf(emptyLanding), {});
  assertEquals(choiceOf({ ...emptyLanding, target: " next ", method: "ff" }), { target: "next", method: "ff" });
  assertEquals(choiceOf({ ...emptyLanding, target: "  " }), {});
});

Deno.test("requestOf() asks for what was seen, with a message only where it was changed and one is made", () => {
  assertEquals(requestOf(emptyLanding, preview), { method: "squash", target: "main" });
  assertEquals(requestOf({ ...emptyLanding, message: "Title\n" }, preview), { method: "squash", target: "main" });
  assertEquals(requestOf({ ...emptyLanding, message: "Better" }, preview).message, "Better");
  assertEquals(requestOf({ ...emptyLanding, message: "Better" }, { ...preview, method: "rebase" }).message, undefined);
  assertEquals(requestOf({ ...emptyLanding, message: " \n" }, preview).message, undefined);
});

Deno.test("requestOf() leaves behind what is not committed only where there is any and it was said", () => {
  assertEquals(requestOf(emptyLanding, untidy).leave_uncommitted, undefined);
  assertEquals(requestOf({ ...emptyLanding, leave: true }, untidy).leave_uncommitted, true);
  assertEquals(requestOf({ ...emptyLanding, leave: true }, preview).leave_uncommitted, undefined);
});

Deno.test("obstacleOf() says why it cannot land as it stands", () => {
  assertEquals(obstacleOf(emptyLanding, preview), null);
  assertEquals(
    obstacleOf(emptyLanding, { ...preview, method: "ff" }),
    "Fast forward is not possible: main has moved on by 3 commits",
  );
  assertEquals(obstacleOf(emptyLanding, { ...preview, is_landed: true }), "main has all of it already");
  assertEquals(obstacleOf(emptyLanding, untidy), "Something is not committed");
  assertEquals(obstacleOf({ ...emptyLanding, leave: true }, untidy), null);
  // A person may clear it while the dialog is open: the service has the last word.
  assertEquals(obstacleOf(emptyLanding, { ...preview, checkout: { path: "/src", in_the_way: ["a"] } }), null);
});

Deno.test("canResolve(), distanceWords() and reasonsOf() read the preview", () => {
  assertEquals([canResolve(preview), canResolve(conflicting)], [false, true]);
  assertEquals(distanceWords(preview), "2 commits, main is 3 ahead");
  assertEquals(distanceWords({ ...preview, ahead: 1, behind: 0 }), "1 commit, main has not moved");
  assertEquals(reasonsOf(conflicting), [
    { names: "Fast forward", why: "main has moved on by 3 commits" },
    { names: "Merge, Squash", why: "1 file conflicts: a.txt" },
  ]);
});
