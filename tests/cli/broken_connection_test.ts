// What the command line makes of a service whose answers break off, or never come.

import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { Api } from "../../cli/api.ts";
import { importFile } from "../../cli/commands/carry.ts";
import { diff, exportTask, logs } from "../../cli/commands/read.ts";
import { Failure } from "../../cli/failure.ts";
import type { Session } from "../../cli/session.ts";
import { followFrames } from "../../cli/watch/frames.ts";
import { brokenServer, cutShort } from "../support/broken_server.ts";
import { tempDir } from "../support/temp.ts";
import { type Paper, paper } from "./paper.ts";

function session(url: string, isJson = false): Session & { out: Paper } {
  return {
    api: new Api({ url, token: null }),
    out: paper(),
    isJson,
    note() {},
    input: () => null,
    onInterrupt: () => ({ [Symbol.dispose]() {} }),
  };
}

async function brokenOff(act: () => Promise<unknown>): Promise<void> {
  const error = await assertRejects(act, Failure, "broke off before the answer was whole");
  assertEquals(error.code, 3);
}

Deno.test("a connection that breaks in the middle of an answer is one line and exit code 3, whatever was asked", async () => {
  using server = brokenServer(cutShort("application/x-ndjson", '{"task":1}\n'));
  await brokenOff(() => session(server.url).api.json("/api/tasks/1"));
  await brokenOff(() => diff(session(server.url), 1, {}));
  await brokenOff(() => diff(session(server.url, true), 1, {}));
  for (const isJson of [false, true]) {
    const asked = session(server.url, isJson);
    await brokenOff(() => logs(asked, 1));
    assertEquals(asked.out.text, '{"task":1}\n');
  }
});

Deno.test("export leaves nothing behind when it breaks off, and does not ask where the file is there", async () => {
  await using folder = await tempDir();
  const output = join(folder.path, "one.ndjson");
  const files = () => Array.from(Deno.readDirSync(folder.path), ({ name }) => name);
  using server = brokenServer(cutShort("application/x-ndjson", '{"task":1}\n'));
  await brokenOff(() => exportTask(session(server.url), 1, { output }));
  assertEquals(files(), []);
  using whole = brokenServer("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n12345");
  const json = session(whole.url, true);
  assertEquals(await exportTask(json, 1, { output }), 0);
  assertEquals([JSON.parse(json.out.text), files()], [{ path: output, bytes: 5 }, ["one.ndjson"]]);
  const nobody = session("http://127.0.0.1:1");
  await assertRejects(() => exportTask(nobody, 1, { output }), Failure, "one.ndjson is there already");
  const nowhere = join(folder.path, "nowhere/one.ndjson");
  await assertRejects(() => exportTask(session(whole.url), 1, { output: nowhere }), Failure, "Cannot write");
});

Deno.test("import tells a folder from a service that is gone", async () => {
  await using folder = await tempDir();
  const error = await assertRejects(() => importFile(session("http://127.0.0.1:1"), folder.path, {}), Failure);
  assertEquals([error.code, error.message], [2, `Cannot read ${folder.path}: it is a folder`]);
});

Deno.test("watch ends where a service accepts and does not answer", async () => {
  using silent = brokenServer();
  const { api } = session(silent.url);
  const frames = followFrames(api, "/api/stream", { after: null, note() {}, silentMs: 50 });
  const error = await assertRejects(() => frames.next(), Failure, `The service at ${silent.url} does not answer`);
  assertEquals(error.code, 3);
});
