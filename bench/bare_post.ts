// A rival of append.ts: nothing but Deno.serve and one commit of as many values, and as large ones, as a new
// task takes, before it answers.

const kv = await Deno.openKv(Deno.args[0]);
const event = new Uint8Array(435).fill(120);
const head = new Uint8Array(1_354).fill(120);
const entry = "x".repeat(178);
let id = 0;

const onListen = ({ port }: { port: number }) => console.log(`http://127.0.0.1:${port}`);
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, async (request) => {
  const { prompt } = await request.json();
  id++;
  const { ok } = await kv.atomic()
    .check({ key: ["task", id], versionstamp: null })
    .set(["event", id, 1], event)
    .set(["task", id], head)
    .set(["active", id], entry)
    .set(["all", id], [[id, 1, 1]])
    .set(["next_id"], id + 1)
    .commit();
  return Response.json({ id, prompt, padding: entry }, { status: ok ? 201 : 500 });
});
