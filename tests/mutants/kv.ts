import type { Mutant } from "./mutant.ts";

export const kvMutants: Mutant[] = [
  {
    name: "two appends with one key are in one commit",
    file: "core/kv/group_commit.ts",
    text: "if (batch.holdsKeyOf(waiting.request)) continue;",
    broken: "",
    tests: ["tests/kv/group_commit_test.ts"],
  },
  {
    name: "a key answers for another request",
    file: "core/kv/group_commit.ts",
    text: "    if (earlier.hash !== hash) {",
    broken: "    if (false) {",
    tests: ["tests/kv/group_commit_test.ts", "tests/kv/idempotency_test.ts"],
  },
  {
    name: "time goes back within a task",
    file: "core/kv/task_clock.ts",
    text: "if (last <= now) return now;",
    broken: "return now;",
    tests: ["tests/kv/group_commit_test.ts"],
  },
  {
    name: "a lost reply is taken for a lost race",
    file: "core/kv/group_commit.ts",
    text: "return entry.value && commitOf(entry.value) === batch.commit ? entry.versionstamp : null;",
    broken: "return null;",
    tests: ["tests/kv/group_commit_faults_test.ts"],
  },
  {
    name: "a lost race is tried again without end",
    file: "core/kv/group_commit.ts",
    text: "else if (++waiting.lost > lostAtMost) {",
    broken: "else if (++waiting.lost > lostAtMost * 100) {",
    tests: ["tests/kv/group_commit_test.ts", "tests/kv/group_commit_faults_test.ts"],
  },
  {
    name: "what is learned outlives a commit that wrote the same task",
    file: "core/kv/known_heads.ts",
    text: "if (learned === null || this.#heads.get(task) !== learned) this.#heads.delete(task);",
    broken: "if (learned === null) this.#heads.delete(task);",
    tests: ["tests/kv/known_heads_test.ts"],
  },
  {
    name: "heads are kept after a lost race",
    file: "core/kv/known_heads.ts",
    text: "      } else this.#heads.delete(task);\n    }\n  }\n\n  /** Nothing is in flight",
    broken: "      }\n    }\n  }\n\n  /** Nothing is in flight",
    tests: ["tests/kv/group_commit_test.ts", "tests/kv/group_commit_faults_test.ts"],
  },
  {
    name: "the commit already known is given again",
    file: "core/kv/all_stream.ts",
    text: ".filter((commit) => commit.versionstamp > versionstamp)",
    broken: "",
    tests: ["tests/kv/all_stream_test.ts"],
  },
  {
    name: "a task is made without the fact that goes with it",
    file: "core/kv/group_commit.ts",
    text: 'if ("error" in also) return batch.add(waiting, also);',
    broken: 'if ("error" in also) return batch.add(waiting, { id, known, ...await own() });',
    tests: ["tests/kv/append_also_test.ts"],
  },
  {
    name: "a line's place is written over",
    file: "core/kv/outbox.ts",
    text: "checks: [{ key, versionstamp: from }],",
    broken: "checks: [],",
    tests: ["tests/engine/deliver/line_test.ts"],
  },
];
