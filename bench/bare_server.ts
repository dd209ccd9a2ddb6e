// The rival of followers.ts: nothing but Deno.serve and the frames, each encoded once and written to all who are connected.

const text = await Deno.readTextFile(Deno.env.get("FRAMES")!);
const frames = text.split("\n\n").filter((frame) => frame !== "").map((frame) =>
  new TextEncoder().encode(`${frame}\n\n`)
);
const everyMs = 1_000 / Number(Deno.env.get("RATE"));
const open = new Set<ReadableStreamDefaultController<Uint8Array>>();

Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`) }, () => {
  let mine: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      mine = controller;
      open.add(controller);
      controller.enqueue(new TextEncoder().encode("retry: 1000\n\n"));
    },
    cancel: () => void open.delete(mine),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
});

setTimeout(() => {
  let next = 0;
  const timer = setInterval(() => {
    const frame = frames[next++];
    if (frame) { for (const controller of open) controller.enqueue(frame); }
    else {
      clearInterval(timer);
      for (const controller of open) controller.close();
    }
  }, everyMs);
}, Number(Deno.env.get("REST_MS")));
