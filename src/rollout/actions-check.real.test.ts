import { createSocket, type Socket } from "node:dgram";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SECOND_MS } from "../base/instant.ts";
import { runCommand } from "../base/run-command.ts";
import { reachOfPolicy } from "../outbound/address.ts";
import type { CheckRule } from "../policy/rings-gates.ts";
import { runCheck } from "./actions-check.ts";

/** Checks against a real TLS server with a certificate of its own, and a name server. */
let folder: string;
let server: Server;
let names: Socket;
let port: number;
let authority: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fettle-check-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  await runCommand({
    program: "openssl",
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
      ...["-nodes", "-days", "30", "-keyout", key, "-out", cert, ...subject],
    ],
    timeoutMs: 20_000,
    outputBytesMax: 64_000,
  });
  authority = await readFile(cert, "utf8");
  server = createServer({ key: await readFile(key), cert: authority }, (asked, answer) => {
    if (asked.url === "/old") answer.writeHead(302, { location: "/" });
    answer.end("<h1>Shop</h1>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  names = createSocket("udp4");
  names.on("message", (asked, from) => names.send(answerTo(asked), from.port, from.address));
  await new Promise<void>((resolve) => names.bind(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  server.close();
  names.close();
  await rm(folder, { recursive: true, force: true });
});

/** RFC 1035 §4.1: the question with one A record, 192.0.2.7. */
function answerTo(asked: Buffer): Buffer {
  const question = asked.subarray(12, asked.indexOf(0, 12) + 5);
  const head = Buffer.from([...asked.subarray(0, 2), 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]);
  return Buffer.concat([head, question, record]);
}

function run(check: Partial<CheckRule>) {
  const rule = {
    timeout: 5 * SECOND_MS,
    tries: 1,
    each: "wave",
    success: 1,
    ...check,
  } as CheckRule;
  return runCheck(rule, {
    ...{ host: null, labels: {}, now: Date.now(), signal: new AbortController().signal },
    reach: reachOfPolicy(["127.0.0.0/8", "::1/128"]),
  });
}

const http = (over: object) => ({
  ...{ method: "GET", headers: {}, status: 200, expectHeaders: {}, redirects: "refuse", authority },
  ...{ url: `https://localhost:${port}/`, ...over },
});

describe("HTTP", () => {
  test("is good by status and body, and says what is not so", async () => {
    const good = await run({ http: http({ contains: "Shop", matches: "^<h1>" }) } as never);
    expect(good).toMatchObject({ isGood: true, words: "status 200" });
    const bad = await run({ http: http({ contains: "Bank" }) } as never);
    expect(bad).toMatchObject({ isGood: false, words: "the body lacks the expected text" });
  });

  test("follows where it leads only when the policy says so", async () => {
    const url = `https://localhost:${port}/old`;
    expect(await run({ http: http({ url }) } as never)).toMatchObject({ isGood: false });
    expect(await run({ http: http({ url, redirects: "follow" }) } as never)).toMatchObject({
      isGood: true,
    });
  });
});

describe("TLS", () => {
  test("is good with a certificate that is believed and lasts, and only then", async () => {
    const tls = { host: "localhost", port, daysLeft: 14, authority };
    expect(await run({ tls })).toMatchObject({ isGood: true, words: /lasts (29|30) more days/ });
    expect(await run({ tls: { ...tls, daysLeft: 90 } })).toMatchObject({ isGood: false });
    expect(await run({ tls: { ...tls, name: "shop.example" } })).toMatchObject({
      isGood: false,
      words: /is not believed \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
    });
    const { authority: _own, ...unknown } = tls;
    expect(await run({ tls: unknown })).toMatchObject({ isGood: false, words: /is not believed/ });
  });
});

describe("TCP and DNS", () => {
  test("a port that is open, and one that is not", async () => {
    expect(await run({ tcp: { host: "localhost", port } })).toMatchObject({ isGood: true });
    expect(await run({ tcp: { host: "127.0.0.1", port: 1 } })).toMatchObject({
      isGood: false,
      words: "127.0.0.1:1 could not be reached (ECONNREFUSED)",
    });
  });

  test("the record that is expected, and another one", async () => {
    const of = { name: "shop.example", type: "A", server: `127.0.0.1:${names.address().port}` };
    expect(await run({ dns: { ...of, expect: "192.0.2.7" } as never })).toMatchObject({
      isGood: true,
    });
    expect(await run({ dns: { ...of, expect: "192.0.2.8" } as never })).toMatchObject({
      isGood: false,
      words: "A of shop.example is 192.0.2.7",
    });
  });
});
