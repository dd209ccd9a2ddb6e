// To reach what listens on the host, the service's own API above all: by every name of this machine, with and without the
// proxy of the sandbox.

import type { Attempt, Attempts } from "./attempts.ts";

/** Every one leads to 127.0.0.1 or ::1, by one library or another. */
const spellings = [
  ...["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "0.0.0.0", "[::1]", "[::]", "127.1", "127.0.1", "0"],
  ...["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.1.", "a.localhost"],
  ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]"],
  ...["ip6-localhost", "%31%32%37.0.0.1", "１２７.0.0.1"],
];

export const apiAttempts: Attempts = ({ hostname, addresses, apiPort, decoyPort, socket }) => {
  const hosts = [...spellings, hostname, ...addresses.map((one) => one.includes(":") ? `[${one}]` : one)];
  return {
    ...Object.fromEntries(hosts.flatMap((host) => waysTo(host, [apiPort, decoyPort]))),
    "reach the API by fetch()": () => fetched(`http://127.0.0.1:${apiPort}/healthz`),
    "give a command by fetch()": () => fetched(`http://127.0.0.1:${apiPort}/api/tasks/1/cancel`, { method: "POST" }),
    "reach a UNIX socket of the host": () => answerOf(() => Deno.connect({ transport: "unix", path: socket })),
  };
};

/** Where the decoy is the gateway to the Messages API, which is open: that, and how it might lead to the API. */
export const gatewayAttempts: Attempts = ({ apiPort, decoyPort }) => ({
  ...named("the gateway", waysTo("127.0.0.1", [decoyPort])),
  ...named("the API", waysTo("127.0.0.1", [apiPort])),
  "reach the API by a redirect of the gateway": () => fetched(`http://127.0.0.1:${decoyPort}/redirect`),
  "reach the API by a redirect that the proxy carries": () => redirected(decoyPort),
});

function named(what: string, ways: [string, Attempt][]): Record<string, Attempt> {
  return Object.fromEntries(ways.map(([name, way]) => [name.replace("127.0.0.1", what), way]));
}

/** The ways to one host; each succeeds when it leads to one of the ports. */
function waysTo(host: string, ports: number[]): [string, Attempt][] {
  const bare = host.replace(/^\[|\]$/g, "");
  const through = (way: (port: number) => Promise<string>): Attempt => async () => {
    const tries = await Promise.allSettled(ports.map(way));
    const got = tries.find((one) => one.status === "fulfilled");
    if (got) return got.value;
    throw (tries[0] as PromiseRejectedResult).reason;
  };
  return [
    [
      `reach ${host} itself`,
      through((port) => answerOf(() => Deno.connect({ hostname: bare, port }), request(host, port))),
    ],
    [
      `reach ${host} by CONNECT`,
      through(async (port) => {
        const { connection, authorization } = await toProxy();
        const head = `CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n${authorization}\r\n`;
        await say(connection, head, / 200 /);
        return await answerOf(() => Promise.resolve(connection), request("127.0.0.1", port));
      }),
    ],
    [
      `reach ${host} by an absolute GET`,
      through(async (port) => {
        const { connection, authorization } = await toProxy();
        const head =
          `GET http://${host}:${port}/healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${authorization}Connection: close\r\n\r\n`;
        return await answerOf(() => Promise.resolve(connection), head);
      }),
    ],
    [`reach ${host} by SOCKS`, through((port) => bySocks(bare, port))],
  ];
}

const request = (host: string, port: number) =>
  `GET /healthz HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`;

/** Where nothing confines, there is no proxy. */
function proxyUrl(name: "HTTP_PROXY" | "ALL_PROXY"): URL {
  const value = Deno.env.get(name);
  if (!value) throw new Error("There is no proxy");
  return new URL(value.replace(/^socks5h?:/, "http:"));
}

async function toProxy(): Promise<{ connection: Deno.Conn; authorization: string }> {
  const { username, password, port } = proxyUrl("HTTP_PROXY");
  const account = btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  const authorization = username ? `Proxy-Authorization: Basic ${account}\r\n` : "";
  return { connection: await Deno.connect({ hostname: "127.0.0.1", port: Number(port) }), authorization };
}

/** RFC 1928, with the account of RFC 1929; the name goes as it is, for the proxy to resolve. */
async function bySocks(host: string, port: number): Promise<string> {
  const { username, password, port: proxyPort } = proxyUrl("ALL_PROXY");
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(proxyPort) });
  const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
  const send = async (bytes: number[]) => {
    await connection.write(new Uint8Array(bytes));
    const answer = new Uint8Array(512);
    const count = await connection.read(answer);
    if (count === null) throw new Error("SOCKS: it hung up");
    return answer.slice(0, count);
  };
  const [, method] = await send(username ? [5, 2, 0, 2] : [5, 1, 0]);
  if (method === 2) {
    const [, refused] = await send([1, ...text(decodeURIComponent(username)), ...text(decodeURIComponent(password))]);
    if (refused !== 0) throw new Error("SOCKS: the account is refused");
  }
  const [, code] = await send([5, 1, 0, 3, ...text(host), port >> 8, port & 255]);
  if (code !== 0) throw new Error(`SOCKS: ${code}`);
  return await answerOf(() => Promise.resolve(connection), request("127.0.0.1", port));
}

/** What it answers to a request; throws when that is nothing, or a proxy's refusal. */
async function answerOf(connect: () => Promise<Deno.Conn>, head = "GET / HTTP/1.0\r\n\r\n"): Promise<string> {
  const answer = await say(await connect(), head, /./s);
  if (/^HTTP\/1\.\d (403|4\d\d|5\d\d) /.test(answer) && !/problem/.test(answer)) {
    throw new Error(`The proxy refuses: ${answer.slice(0, 120)}`);
  }
  return answer;
}

async function say(connection: Deno.Conn, head: string, expected: RegExp): Promise<string> {
  await connection.write(new TextEncoder().encode(head));
  const bytes = new Uint8Array(4_096);
  const count = await connection.read(bytes);
  const answer = new TextDecoder().decode(bytes.slice(0, count ?? 0));
  if (!expected.test(answer)) throw new Error(`Refused: ${JSON.stringify(answer.slice(0, 120))}`);
  return answer;
}

async function fetched(url: string, init?: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!/^\{/.test(text)) throw new Error(`The proxy refuses: ${response.status} ${text.slice(0, 120)}`);
  return text;
}

/** Asks the proxy itself, as a client that knows nothing of NO_PROXY does, and follows where it is sent. */
async function redirected(port: number): Promise<string> {
  const ask = async (url: string) => {
    const { connection, authorization } = await toProxy();
    const { host } = new URL(url);
    const head = `GET ${url} HTTP/1.1\r\nHost: ${host}\r\n${authorization}Connection: close\r\n\r\n`;
    return await answerOf(() => Promise.resolve(connection), head);
  };
  const [, location] = /^location: (\S+)/im.exec(await ask(`http://127.0.0.1:${port}/redirect`))!;
  return await ask(location!);
}
