import { assertEquals } from "@std/assert";
import {
  branchRef,
  firstRef,
  isNumbered,
  isOwnedRef,
  keptRef,
  nestedRef,
  numbered,
  ownedRef,
  pointRef,
  runRef,
  targetRef,
} from "../../../core/process/git/ref_names.ts";

Deno.test("numbered() gives the ref itself, then its successors; isNumbered() knows them and nothing else", () => {
  const ref = runRef(7, 1);
  assertEquals([1, 2, 12].map(numbered(ref)), [
    "refs/coder/task-7/run-1",
    "refs/coder/task-7/run-1-2",
    "refs/coder/task-7/run-1-12",
  ]);
  for (const n of [1, 2, 12]) assertEquals(isNumbered(numbered(ref)(n), ref), true);
  for (
    const other of [runRef(7, 11), runRef(7, 2), nestedRef(ref, "lib"), `${ref}-x`, `${ref}-2-nested/lib`, `${ref}/2`]
  ) {
    assertEquals(isNumbered(other, ref), false, other);
  }
});

Deno.test("firstRef() leads from any snapshot of a run, and from any ref of a point, to the first", () => {
  for (const n of [1, 2, 12]) {
    assertEquals(firstRef(numbered(runRef(7, 3))(n)), runRef(7, 3));
    assertEquals(firstRef(numbered(pointRef(7, "run-3"))(n)), pointRef(7, "run-3"));
  }
});

Deno.test("what is kept goes by the task, or by the branch when no task is known", () => {
  assertEquals(keptRef(7), "refs/coder/kept/task-7");
  assertEquals(keptRef("task-7-fix"), "refs/coder/kept/task-7-fix");
  assertEquals(nestedRef(keptRef(7), "vendor-lib"), "refs/coder/kept/task-7-nested/vendor-lib");
});

Deno.test("a claim is book-keeping, whatever store it is of; what saves work is not", () => {
  assertEquals(isOwnedRef(ownedRef("a", "task-1")), true);
  assertEquals(isOwnedRef(ownedRef("b", "")), true);
  for (const ref of [runRef(1, 1), keptRef("owned"), branchRef("owned")]) assertEquals(isOwnedRef(ref), false, ref);
});

Deno.test("where a target was is of no run, and no claim", () => {
  assertEquals(targetRef(7, 2), "refs/coder/task-7/target-2");
  assertEquals([isNumbered(targetRef(7, 1), runRef(7, 1)), isOwnedRef(targetRef(7, 1))], [false, false]);
});
