// What answers where: any other method is refused before anything of the request is asked for or read.

import { assertEquals } from "@std/assert";
import { startService } from "../support/service.ts";
import { head, raw } from "./raw_http.ts";

Deno.test("a path that is known by other methods is 405 and says which, whatever is sent there", async () => {
  await using service = await startService();
  await service.createTask({ prompt: "x", priority: -1 });
  const known = {
    "/": "GET, HEAD",
    "/tasks/new": "GET, HEAD",
    "/repositories": "GET, HEAD",
    "/workers": "GET, HEAD",
    "/schedules": "GET, HEAD",
    "/webhooks": "GET, HEAD",
    "/compare": "GET, HEAD",
    "/insights": "GET, HEAD",
    "/settings": "GET, HEAD",
    "/api/repositories": "GET, HEAD, POST",
    "/api/repositories/x": "DELETE",
    "/api/settings": "GET, HEAD",
    "/api/insights/days": "GET, HEAD",
    "/api/import": "POST",
    "/api/tokens": "GET, HEAD, POST",
    "/api/tasks/1/fork": "POST",
    "/api/workers": "GET, HEAD",
    "/api/workers/self/drain": "POST",
    "/api/workers/self/slots": "POST",
    "/api/tasks/1/move": "POST",
    "/api/bulk": "POST",
    "/api/spending": "GET, HEAD",
    "/api/schedules": "GET, HEAD, POST",
    "/api/schedules/1": "PATCH, DELETE",
    "/api/schedules/1/run": "POST",
    "/api/webhooks": "GET, HEAD, POST",
    "/api/webhooks/1": "PATCH, DELETE",
    "/api/webhooks/1/deliveries": "GET, HEAD",
    "/api/github": "GET, HEAD, PUT, DELETE",
    "/api/github/deliveries": "POST",
    "/tasks/1": "GET, HEAD",
    "/tasks/1/events": "GET, HEAD",
    "/assets/none.js": "GET, HEAD",
    "/login": "GET, HEAD, POST",
    "/logout": "POST",
    "/healthz": "GET, HEAD",
    "/livez": "GET, HEAD",
    "/readyz": "GET, HEAD",
    "/metrics": "GET, HEAD",
    "/api/docs": "GET, HEAD",
    "/api/openapi.json": "GET, HEAD",
    "/api/board": "GET, HEAD",
    "/api/stream": "GET, HEAD",
    "/api/tasks": "GET, HEAD, POST",
    "/api/tasks/1": "GET, HEAD, PATCH",
    "/api/tasks/1/cancel": "POST",
    "/api/tasks/1/messages": "POST",
    "/api/tasks/1/plan/approve": "POST",
    "/api/tasks/1/events": "GET, HEAD",
    "/api/tasks/1/diff": "GET, HEAD",
  };
  const bodies = [[], ["Content-Type: text/plain", "Content-Length: 1"], [
    "Content-Type: application/json",
    "Content-Length: 99999999",
  ]];
  const ask = (method: string, path: string, lines: string[]) =>
    raw(service.url, head(`${method} ${path} HTTP/1.1`, "Host: localhost", ...lines, "Connection: close"));
  for (const method of ["POST", "PATCH", "PUT", "DELETE", "TRACE", "OPTIONS", "PROPFIND"]) {
    for (const lines of bodies) {
      for (const [path, allow] of Object.entries(known)) {
        if (allow.split(", ").includes(method)) continue;
        const answer = await ask(method, path, lines);
        assertEquals([answer.status, answer.headers.get("allow")], [405, allow], `${method} ${path} ${lines}`);
      }
      const nothing = await ask(method, "/nothing", lines);
      assertEquals([nothing.status, nothing.headers.get("allow")], [404, null], `${method} ${lines}`);
    }
  }
});
