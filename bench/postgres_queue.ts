// One job queue on PostgreSQL, in a process of its own: so many workers take and complete so many jobs, one at a time each.

const { queue, socket, workers, jobs } = JSON.parse(Deno.args[0]!) as {
  queue: string;
  socket: string;
  workers: number;
  jobs: number;
};
const connection = `postgres://postgres@/postgres?host=${encodeURIComponent(socket)}`;

/** Not known to the type checker: the packages are no dependency of the project. */
// deno-lint-ignore no-explicit-any
async function fetched(name: string): Promise<any> {
  return await import(`npm:${name}`);
}

async function graphileWorker(): Promise<number> {
  const { makeWorkerUtils, run } = await fetched("graphile-worker@0.16.6");
  const utils = await makeWorkerUtils({ connectionString: connection });
  await utils.migrate();
  for (let index = 0; index < jobs; index++) await utils.addJob("bench", {});
  let left = jobs;
  const done = Promise.withResolvers<void>();
  const start = performance.now();
  const runner = await run({
    connectionString: connection,
    concurrency: workers,
    maxPoolSize: workers + 2,
    pollInterval: 1_000,
    noHandleSignals: true,
    logger: undefined,
    taskList: { bench: () => void (--left === 0 && done.resolve()) },
  });
  await done.promise;
  const seconds = (performance.now() - start) / 1_000;
  await runner.stop();
  return jobs / seconds;
}

async function pgBoss(): Promise<number> {
  const { default: PgBoss } = await fetched("pg-boss@10.3.3");
  const boss = new PgBoss({ connectionString: connection, max: workers + 2 });
  await boss.start();
  await boss.createQueue("bench");
  await boss.insert(Array.from({ length: jobs }, () => ({ name: "bench", data: {} })));
  let taken = 0;
  const start = performance.now();
  await Promise.all(Array.from({ length: workers }, async () => {
    for (;;) {
      const [job] = await boss.fetch("bench", { batchSize: 1 });
      if (!job) return;
      taken++;
      await boss.complete("bench", job.id);
    }
  }));
  const seconds = (performance.now() - start) / 1_000;
  await boss.stop({ graceful: false });
  return taken / seconds;
}

const jobsPerSecond = await (queue === "pg-boss" ? pgBoss() : graphileWorker());
console.log(JSON.stringify({ jobsPerSecond }));
Deno.exit(0);
