// Rounds of damage on the real service: tasks are submitted while the service or its agents are killed, stopped and started
// again at moments drawn from a seed; then the faults stop, everything must come to its end, and every promise is checked.

import { delay } from "@std/async";
import { type SeededRandom, seededRandom } from "../simulation/seeded_random.ts";
import { brokenInLog, brokenInRepository, readStore, strangeEnds, strayProcesses } from "./invariants.ts";
import { allOver, load } from "./load.ts";
import { eventually } from "../support/temp.ts";
import { liveRuns, type MarkedProcess, markedProcesses, signal } from "./processes.ts";
import { type ChaosWorld, chaosWorld } from "./world.ts";

export interface ChaosReport {
  violations: string[];
  tasks: number;
  events: number;
  /** What was done, with its number of times. */
  faults: Record<string, number>;
  /** Start to "ready" after a kill, in ms. */
  restartMs: number[];
}

export interface ChaosOptions {
  seed: number;
  /** Rounds, or fewer when time is up. */
  rounds: number;
  withinMs?: number;
  tasksPerRound?: number;
  say?: (line: string) => void;
}

const cap = 3;
const endWithinMs = 90_000;

export async function chaos(
  { seed, rounds, withinMs = Infinity, tasksPerRound = 8, say = () => {} }: ChaosOptions,
): Promise<ChaosReport> {
  const random = seededRandom(seed);
  await using world = await chaosWorld({ env: { CODER_MAX_CONCURRENT: String(cap) } });
  const report: ChaosReport = { violations: [], tasks: 0, events: 0, faults: {}, restartMs: [] };
  const killed = new Set<string>();
  await world.start();
  const clients = load(() => world.service, random);
  using watch = watchCap(world);
  const startedAt = performance.now();
  for (let round = 1; round <= rounds && performance.now() - startedAt < withinMs; round++) {
    const loading = clients.run(tasksPerRound);
    const done: string[] = [];
    for (let n = random.integer(1, 3); n > 0; n--) {
      await delay(random.between(50, 1_500));
      const fault = random.pick(faults);
      done.push(fault.name);
      report.faults[fault.name] = (report.faults[fault.name] ?? 0) + 1;
      const problem = await fault(world, { random, killed, report });
      if (problem) report.violations.push(problem);
      report.violations.push(...await strayProcesses(world));
    }
    await loading;
    const late = await allOver(world.service, { timeoutMs: endWithinMs });
    if (late) report.violations.push(late);
    const store = await readStore(world);
    report.violations.push(
      ...brokenInLog(store, { acknowledged: clients.acknowledged, cap }),
      ...strangeEnds(store, { killed }),
      ...(late ? [] : await brokenInRepository(world, store)),
      ...(late ? [] : markedProcesses(world).filter(({ run }) => run).map(({ pid }) => `process ${pid} is left`)),
      ...(await world.service.health()).notices,
      ...watch.violations,
    );
    report.tasks = store.tasks.length;
    report.events = store.stream.length;
    say(`round ${round}: ${done.join(", ")}; ${report.tasks} tasks, ${report.events} events`);
    if (report.violations.length > 0) {
      say(world.service.output);
      break;
    }
  }
  const code = await world.service.stop();
  if (code !== 0) report.violations.push(`the last stop ended with ${code}`);
  return report;
}

/** Looks all the time whether more runs are alive than there are slots. */
function watchCap(world: ChaosWorld): { violations: string[] } & Disposable {
  const violations: string[] = [];
  const timer = setInterval(() => {
    const runs = liveRuns(world);
    if (runs.size > cap && violations.length === 0) {
      violations.push(`${runs.size} runs are alive at once: ${[...runs].join(", ")}`);
    }
  }, 50);
  return { violations, [Symbol.dispose]: () => clearInterval(timer) };
}

interface Tools {
  random: SeededRandom;
  /** Marks of runs whose agent was killed. */
  killed: Set<string>;
  report: ChaosReport;
}

/** Does damage, and leaves a running service behind. What went wrong on the way, or null. */
type Fault = (world: ChaosWorld, tools: Tools) => Promise<string | null>;

async function restart(world: ChaosWorld, { report }: Tools): Promise<null> {
  const at = performance.now();
  await world.start();
  report.restartMs.push(Math.round(performance.now() - at));
  return null;
}

async function killService(world: ChaosWorld, tools: Tools): Promise<null> {
  await world.service.kill();
  return await restart(world, tools);
}

/** Everything at once, as when the power fails. */
async function killEverything(world: ChaosWorld, tools: Tools): Promise<null> {
  for (const { pid, run } of markedProcesses(world)) {
    if (signal(pid, "SIGKILL") && run) tools.killed.add(run);
  }
  await world.service.kill();
  return await restart(world, tools);
}

/** While git makes, saves or removes a worktree: alone, or with that git. */
async function killServiceInGit(world: ChaosWorld, tools: Tools): Promise<null> {
  const isAtWork = ({ command }: MarkedProcess) =>
    /git\0.*\0(worktree|update-ref|write-tree|checkout)\0/s.test(command);
  const git = await eventually(() => markedProcesses(world).find(isAtWork), { timeoutMs: 1_500 }).catch(() => null);
  if (git && tools.random.chance(0.5)) signal(git.pid, "SIGKILL");
  await world.service.kill();
  return await restart(world, tools);
}

/** Again and again, also in the middle of a recovery. */
async function killServiceOften(world: ChaosWorld, tools: Tools): Promise<null> {
  await world.service.kill();
  for (let n = tools.random.integer(1, 3); n > 0; n--) await world.startInVain(tools.random.between(100, 1_200));
  return await restart(world, tools);
}

async function stopService(world: ChaosWorld, tools: Tools): Promise<string | null> {
  const code = await world.service.stop();
  const left = markedProcesses(world);
  await restart(world, tools);
  if (code !== 0) return `a soft stop ended with ${code}`;
  return left.length > 0 ? `${left.length} processes were left by a soft stop` : null;
}

/** Only agents that have worked: three that fail before they did anything would rightly pause the dispatch. */
async function busyRuns(world: ChaosWorld): Promise<(MarkedProcess & { run: string })[]> {
  const { histories } = await readStore(world);
  const busy = new Set<string>();
  for (const events of histories.values()) {
    let mark = "";
    for (const event of events) {
      if (event.type === "run.claimed") mark = event.data.mark;
      if (event.type === "output.tool_use") busy.add(mark);
    }
  }
  return markedProcesses(world).filter((one): one is MarkedProcess & { run: string } =>
    one.run !== null && busy.has(one.run)
  );
}

async function killAgent(world: ChaosWorld, { random, killed }: Tools): Promise<null> {
  const busy = await busyRuns(world);
  if (busy.length === 0) return null;
  const { pid, run } = random.pick(busy);
  if (signal(pid, "SIGKILL")) killed.add(run);
  return null;
}

async function freezeAgent(world: ChaosWorld, { random }: Tools): Promise<null> {
  const runs = [...liveRuns(world)];
  if (runs.length === 0) return null;
  const run = random.pick(runs);
  const pids = markedProcesses(world).filter((one) => one.run === run).map(({ pid }) => pid);
  for (const pid of pids) signal(pid, "SIGSTOP");
  await delay(random.between(200, 1_500));
  for (const pid of pids) signal(pid, "SIGCONT");
  return null;
}

async function freezeService(world: ChaosWorld, { random }: Tools): Promise<null> {
  const { pid } = world.service;
  signal(pid, "SIGSTOP");
  await delay(random.between(200, 2_000));
  signal(pid, "SIGCONT");
  return null;
}

const faults: Fault[] = [
  ...Array<Fault>(3).fill(killService),
  ...Array<Fault>(3).fill(killServiceInGit),
  killServiceOften,
  killServiceOften,
  killEverything,
  stopService,
  stopService,
  killAgent,
  killAgent,
  freezeAgent,
  freezeService,
];
