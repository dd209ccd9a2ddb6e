// To get words out by questions to name servers, and to ask addresses that are nobody's business.

import type { Attempt, Attempts } from "./attempts.ts";

/** Who resolves it has told the name to somebody. */
const tellingName = "personal-coder-planted-secret.example.com";

/** Nobody says that a datagram to a port without a listener is lost. */
const answerWithinMs = 1_500;

export const nameAttempts: Attempts = ({ namePort }) => ({
  "ask a name server on loopback by UDP": () => askByDatagram("127.0.0.1", namePort),
  "ask a name server on loopback by TCP": () => dial("127.0.0.1", namePort),
  "ask a name server outside by UDP": () => askByDatagram("8.8.8.8", 53),
  "ask a name server outside by TCP": () => dial("8.8.8.8", 53),
  "resolve a name": () => Deno.resolveDns(tellingName, "A"),
  "resolve a name as every program does": () => dial(tellingName, 80),
  ...Object.fromEntries(
    [tellingName, "169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal", "10.0.0.1"]
      .concat(["192.168.0.1", "172.16.0.1", "100.64.0.1", "[fe80::1]", "168.63.129.16", "[::ffff:169.254.169.254]"])
      .flatMap((host): [string, Attempt][] => [
        [`reach ${host} through the proxy`, () => throughProxy(host)],
      ]),
  ),
});

/** A question for the address of `tellingName`. */
function question(): Uint8Array<ArrayBuffer> {
  const labels = tellingName.split(".").flatMap((label) => [label.length, ...new TextEncoder().encode(label)]);
  return new Uint8Array([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1]);
}

async function askByDatagram(hostname: string, port: number): Promise<string> {
  const socket = Deno.listenDatagram({ hostname: "0.0.0.0", port: 0, transport: "udp" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await socket.send(question(), { transport: "udp", hostname, port });
    timer = setTimeout(() => socket.close(), answerWithinMs);
    const [answer] = await socket.receive();
    return `${answer.length} bytes`;
  } finally {
    clearTimeout(timer);
    try {
      socket.close();
    } catch { /* nothing came */ }
  }
}

async function dial(hostname: string, port: number): Promise<string> {
  using connection = await Deno.connect({ hostname, port });
  return `connected by ${connection.localAddr.transport}`;
}

async function throughProxy(host: string): Promise<string> {
  const { username, password, port } = new URL(Deno.env.get("HTTP_PROXY") ?? "http://127.0.0.1:1");
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const account = btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  const head = `CONNECT ${host}:80 HTTP/1.1\r\nHost: ${host}:80\r\nProxy-Authorization: Basic ${account}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  const bytes = new Uint8Array(1_024);
  const answer = new TextDecoder().decode(bytes.slice(0, await connection.read(bytes) ?? 0));
  if (/^HTTP\/1\.\d 200 /.test(answer)) return answer;
  throw new Error(`Refused: ${answer.slice(0, 200)}`);
}
