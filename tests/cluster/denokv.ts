// A real KV Connect server for the tests: denokv. It listens on loopback.

import { join } from "@std/path";
import { denokv } from "./denokv_program.ts";
import { eventually, tempDir } from "../support/temp.ts";

export interface Server extends AsyncDisposable {
  url: string;
  port: number;
  /** Starts it again on the same data; with another token, if one is given. */
  restart(token?: string): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

/** Starts one that asks for `token`. */
export async function startServer({ token }: { token: string }): Promise<Server> {
  const folder = await tempDir();
  const port = freePort();
  let child: Deno.ChildProcess | null = null;

  async function start(token: string): Promise<void> {
    child = new Deno.Command(denokv!, {
      args: ["--sqlite-path", join(folder.path, "kv.db"), "serve", "--addr", `127.0.0.1:${port}`],
      env: { DENO_KV_ACCESS_TOKEN: token },
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).spawn();
    await eventually(async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
      connection?.close();
      return connection !== null;
    }, { what: "denokv listens" });
  }

  async function kill(): Promise<void> {
    child?.kill("SIGKILL");
    await child?.status;
    child = null;
  }

  await start(token);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    kill,
    async restart(other = token) {
      await kill();
      await start(other);
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
