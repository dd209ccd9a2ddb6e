// Where a KV Connect server is really spoken to: its URL answers with the endpoints of its data path, which may be on another
// port or another host (the protocol: https://github.com/denoland/denokv/blob/main/proto/kv-connect.md, "Metadata Exchange").
// A service with limited permissions may call only what it was allowed at its start, so the launcher asks beforehand.

import { z } from "zod";
import { messageOf } from "../domain/error.ts";

/** A service ends with it when the server hands out an endpoint that it may not call (EX_TEMPFAIL of sysexits.h). */
export const newEndpointsCode = 75;

const answerWithinMs = 5_000;
const redirectsAtMost = 10;

const metadata = z.object({ endpoints: z.array(z.object({ url: z.string() })).min(1) });

/**
 * The hosts, each with its port, that a client of the server at `url` calls: those that it is led to, and those of the data path.
 * Throws with one line when the server does not answer with them.
 */
export async function kvHosts(url: string, { token }: { token: string | null }): Promise<string[]> {
  const hosts = new Set<string>();
  let base = new URL(url);
  for (let hops = 0; hops <= redirectsAtMost; hops++) {
    hosts.add(hostOf(base));
    const answer = await exchange(base, token);
    const location = answer.headers.get("location");
    if (answer.status >= 300 && answer.status < 400 && location !== null) {
      await answer.body?.cancel();
      base = new URL(location, base);
      continue;
    }
    if (!answer.ok) throw new Error(`it answers ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
    // In the first version of the protocol they are absolute, and stay as they are.
    const parsed = metadata.safeParse(await answer.json());
    if (!parsed.success) throw new Error("what it answers is no metadata of a KV Connect server");
    for (const { url } of parsed.data.endpoints) hosts.add(hostOf(new URL(url, base)));
    return [...hosts];
  }
  throw new Error(`it leads on more than ${redirectsAtMost} times`);
}

/** The same, tried again until the server answers; `say` is told once that it is waited for. */
export async function awaitKvHosts(url: string, { token, say, retryMs = 1_000 }: {
  token: () => Promise<string | null>;
  say: (message: string) => void;
  /** Between two tries. */
  retryMs?: number;
}): Promise<string[]> {
  for (let tries = 0;; tries++) {
    try {
      return await kvHosts(url, { token: await token() });
    } catch (error) {
      if (tries === 0) say(`Waiting for the store at ${url}: ${messageOf(error)}`);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

function exchange(url: URL, token: string | null): Promise<Response> {
  return fetch(url, {
    method: "POST",
    // What this Deno speaks, so that the same endpoints are handed out.
    body: JSON.stringify({ supportedVersions: [1, 2, 3] }),
    headers: { "content-type": "application/json", ...(token !== null && { authorization: `Bearer ${token}` }) },
    redirect: "manual",
    signal: AbortSignal.timeout(answerWithinMs),
  });
}

function hostOf({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}
