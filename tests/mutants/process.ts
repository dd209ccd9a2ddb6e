import type { Mutant } from "./mutant.ts";

export const processMutants: Mutant[] = [
  {
    name: "the group of a process is not ended",
    file: "core/process/process_tree.ts",
    text: "const members = ownGroups.has(process.group) ? [] : groups.get(process.group) ?? [];",
    broken: "const members: Process[] = [];",
    tests: ["tests/process/process_tree_test.ts"],
  },
  {
    name: "descendants of the marked are not ended",
    file: "core/process/process_tree.ts",
    text: "[...members, ...children.get(process.pid) ?? []]",
    broken: "members",
    tests: ["tests/process/process_tree_test.ts"],
  },
  {
    name: "ports are given twice",
    file: "core/process/project/task_ports.ts",
    text: "    if (reserved.has(first)) return false;",
    broken: "",
    tests: ["tests/process/project/task_ports_test.ts"],
  },
  {
    name: "a line has no bound",
    file: "core/process/claude/line_splitter.ts",
    text: "      if (size > maxBytes) {",
    broken: "      if (false) {",
    tests: ["tests/process/claude/line_splitter_test.ts"],
  },
  {
    name: "a message goes to a private network",
    file: "core/process/post.ts",
    text: "if (!isAllowed(address)) {",
    broken: "if (false) {",
    tests: ["tests/process/post_test.ts"],
  },
  {
    name: "a launcher above that is gone is not missed",
    file: "core/host/supervise.pl",
    text: "kill(0, @above) == @above",
    broken: "1",
    tests: ["tests/host/supervise_test.ts"],
  },
  {
    name: "a parent that is gone is not missed",
    file: "core/host/supervise.pl",
    text: "getppid == $parent",
    broken: "1",
    tests: ["tests/host/supervise_test.ts"],
  },
  {
    name: "signals are not passed on",
    file: "core/host/supervise.pl",
    text: "sub { kill $name, $child }",
    broken: "sub {}",
    tests: ["tests/host/supervise_test.ts"],
  },
  {
    name: "the service's input ends at its start",
    file: "core/host/supervise.pl",
    text: "  return $writing;",
    broken: "  return 1;",
    tests: ["tests/host/supervise_test.ts"],
  },
  {
    name: "a timer outlives what set it",
    file: "core/host/supervise.pl",
    text: "alarm 0;",
    broken: "",
    tests: ["tests/host/supervise_test.ts"],
  },
];
