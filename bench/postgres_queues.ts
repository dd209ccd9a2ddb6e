// Job queues on a PostgreSQL of their own, as rivals of the claims. Where PostgreSQL is not installed there are none; the
// queues' packages are fetched when they are needed and are no dependency of the project.

import { join } from "@std/path";
import { tempDir } from "../tests/support/temp.ts";

export interface Queue {
  name: string;
  jobsPerSecond: number;
}

export async function postgresQueues(options: { workers: number; jobs: number }): Promise<Queue[]> {
  const programs = await findPrograms();
  if (!programs) return [];
  await using folder = await tempDir();
  const data = join(folder.path, "postgres");
  // PostgreSQL refuses to run as root.
  const as = Deno.uid() === 0 ? ["runuser", "-u", "postgres", "--"] : [];
  const run = async (...command: string[]) => {
    const [program, ...args] = [...as, ...command];
    const { success, stderr } = await new Deno.Command(program!, { args, cwd: folder.path, stdin: "null" }).output();
    if (!success) throw new Error(`${command[0]}: ${new TextDecoder().decode(stderr)}`);
  };
  await Deno.chmod(folder.path, 0o777);
  try {
    await run(join(programs, "initdb"), "-D", data, "-U", "postgres", "--auth=trust");
    const settings = `-c listen_addresses= -c unix_socket_directories=${folder.path}`;
    await run(join(programs, "pg_ctl"), "-D", data, "-w", "-l", join(folder.path, "log"), "-o", settings, "start");
  } catch (error) {
    console.error(`PostgreSQL could not be started: ${error instanceof Error ? error.message : error}`);
    return [];
  }
  try {
    return await measure(folder.path, options);
  } finally {
    await run(join(programs, "pg_ctl"), "-D", data, "-m", "immediate", "stop");
  }
}

async function findPrograms(): Promise<string | null> {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  try {
    for await (const { name } of Deno.readDir("/usr/lib/postgresql")) {
      folders.unshift(`/usr/lib/postgresql/${name}/bin`);
    }
  } catch { /* not Debian's */ }
  for (const folder of folders) {
    if (await Deno.stat(join(folder, "initdb")).catch(() => null)) return folder;
  }
  return null;
}

async function measure(socket: string, options: { workers: number; jobs: number }): Promise<Queue[]> {
  const queues: Queue[] = [];
  for (const queue of ["graphile-worker", "pg-boss"]) {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", "--no-config", "--no-lock"],
        join(import.meta.dirname!, "postgres_queue.ts"),
        JSON.stringify({ queue, socket, ...options }),
      ],
      stdin: "null",
    }).output();
    if (success) {
      // The last line: graphile-worker logs on stdout too.
      const line = new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
      queues.push({ name: queue, jobsPerSecond: JSON.parse(line).jobsPerSecond });
    } else console.error(`${queue} could not be measured: ${new TextDecoder().decode(stderr).split("\n")[0]}`);
  }
  return queues;
}
