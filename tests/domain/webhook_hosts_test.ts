import { assertEquals } from "@std/assert";
import { hostOf, readWebhookHosts } from "../../core/domain/webhook_hosts.ts";

Deno.test("readWebhookHosts() reads names, ports and what may be private; anything else is null", () => {
  assertEquals(readWebhookHosts(" Chat.example, ntfy.lan:8080=private,[::1]:9=private "), [
    { name: "chat.example", port: null, isPrivate: false },
    { name: "ntfy.lan", port: 8080, isPrivate: true },
    { name: "::1", port: 9, isPrivate: true },
  ]);
  assertEquals(readWebhookHosts(""), []);
  for (const text of ["https://chat.example", "a b", "a=public", "a:0", "a:70000", "-a", "a.", "*.example"]) {
    assertEquals(readWebhookHosts(text), null, text);
  }
});

Deno.test("hostOf() finds the entry by name, and by port where one is said", () => {
  const hosts = readWebhookHosts("chat.example:443,ntfy.lan,[::1]")!;
  const allowed = (url: string) => hostOf(hosts, new URL(url)) !== null;
  assertEquals(["https://chat.example/x", "http://ntfy.lan:81", "http://[::1]:5"].map(allowed), [true, true, true]);
  assertEquals(["http://chat.example/", "https://evil.chat.example", "https://chat.example.evil"].map(allowed), [
    ...[false, false, false],
  ]);
});
