// What the launcher becomes while the service runs: what is handed over, signals and ends. The service is a script here.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deadline, delay } from "@std/async";
import { fromFileUrl, join } from "@std/path";
import { eventually, tempDir } from "../support/temp.ts";

const program = fromFileUrl(new URL("../../core/host/supervise.pl", import.meta.url));
const line = '{"secrets":{"CODER_TOKEN":"handed-over"}}';
/** More than the program takes to look at those above it. */
const lookMs = 1_500;

/** A service that says what it got and then each signal, and ends with its input. */
const listening = `$| = 1;
for my $name (qw(INT TERM HUP)) { $SIG{$name} = sub { print "got $name\\n" } }
print "with @ARGV: ", scalar <STDIN>;
1 while <STDIN>;
print "ended\\n"`;

interface Supervised extends AsyncDisposable {
  child: Deno.ChildProcess;
  code(): Promise<number>;
  output(): string;
  says(text: string): Promise<unknown>;
}

/** A perl script in the place of deno, with arguments, under supervise.pl. */
async function supervised(script: string, { launchers = "" } = {}): Promise<Supervised> {
  const folder = await tempDir();
  const service = join(folder.path, "service");
  await Deno.writeTextFile(service, `#!/usr/bin/env perl\n${script};\n`, { mode: 0o755 });
  const child = new Deno.Command("perl", {
    args: ["-C0", program, launchers, "75", "launcher.ts", service, "run", "main.ts"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${line}\n`));
  await writer.close();
  let text = "";
  const reading = (async () => {
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) text += part;
  })();
  return {
    child,
    code: async () => (await deadline(child.status, 5_000)).code,
    output: () => text,
    says: (wanted) => eventually(() => text.includes(wanted), { what: wanted }),
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended */ }
      await Promise.all([child.status, reading]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("the service's end is ours, by its code; a signal as a shell says it", async () => {
  const endOf = async (script: string) => {
    await using world = await supervised(script);
    return await world.code();
  };
  assertEquals(await endOf("exit 0"), 0);
  assertEquals(await endOf("exit 3"), 3);
  assertEquals(await endOf("kill 9, $$; sleep 9"), 137);
  assertEquals(await endOf("kill 'TERM', $$; sleep 9"), 143);
});

Deno.test("signals are passed on, and the end of a supervisor that was killed is the end of the service's input", async () => {
  await using world = await supervised(listening);
  await world.says(`with run main.ts: ${line}\n`);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    world.child.kill(signal);
    await world.says(`got ${signal.slice(3)}\n`);
  }
  await delay(lookMs);
  assert(!world.output().includes("ended"), "nobody is above it, and so nobody is missed");
  world.child.kill("SIGKILL");
  await world.says("ended\n");
});

Deno.test("the service is told to stop when a launcher above is gone", async () => {
  const npx = new Deno.Command("sleep", { args: ["60"] }).spawn();
  await using world = await supervised(listening, { launchers: `${Deno.pid},${npx.pid}` });
  await using orphan = await supervised(listening, { launchers: `${npx.pid}` });
  await world.says(line);
  await orphan.says("got TERM\n");
  await delay(lookMs);
  assert(!world.output().includes("got"), "all are there");
  npx.kill("SIGKILL");
  await npx.status;
  await world.says("got TERM\n");
});

Deno.test("a service that needs more is launched again, with the same line", async () => {
  await using world = await supervised(
    `exit 75 if $ARGV[1] eq "main.ts"; print "again by @ARGV: ", scalar <STDIN>; sleep 2; exit 4`,
  );
  await world.says(`again by run -A launcher.ts: ${line}\n`);
  // The same process, and no timer of the one before ends it.
  assertEquals(await world.code(), 4);
});

Deno.test({
  name: "become() leaves the process, and nothing else of it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using folder = await tempDir();
    const path = join(folder.path, "program.ts");
    const script = 'read -r line; echo "$$ $line $1"; tr "\\\\0" "\\\\n" < /proc/$$/environ';
    await Deno.writeTextFile(
      path,
      `
    import { become } from ${JSON.stringify(import.meta.resolve("../../core/host/become.ts"))};
    become("/bin/sh", ["-c", '${script}', "sh", "ä b"], { env: { ONE: "1 ü", TWO: "" }, input: "in the pipe\\n" });
    `,
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", path],
      env: { CODER_TOKEN: "not-to-be-found" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { stdout, stderr } = await child.output();
    const text = new TextDecoder().decode(stdout);
    assertStringIncludes(text, `${child.pid} in the pipe ä b\n`, new TextDecoder().decode(stderr));
    assertEquals(text.split("\n").slice(1), ["ONE=1 ü", "TWO=", ""]);
  },
});
