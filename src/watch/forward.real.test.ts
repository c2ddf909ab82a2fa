import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, createServer as createTcp, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTls } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { configSchema } from "../base/config.ts";
import type { ChangeId, PatchId } from "../base/ids.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { sequence } from "../ledger/loops-sequencer.ts";
import type { NewEvent } from "../ledger/model.ts";
import { recordEvents } from "../ledger/record.ts";
import { openLogKey } from "../ledger/store-log-key.ts";
import { closeLine, forward, newMemory, rewind, showSinks } from "./actions.ts";
import { startForwarding } from "./loops.ts";
import { webhookKey, webhookSignature } from "./webhook-message.ts";

const PATCH = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b" as PatchId;
const CHANGE = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c" as ChangeId;
const SECRET = `whsec_${Buffer.from("a key of thirty-two bytes, 12345").toString("base64")}`;

let base: World;
let close: () => Promise<void>;
let folder: string;
/** What is said by the receiver of this test, and to it. */
let answers: { status: number; headers?: Record<string, string>; body?: string }[];
let asked: { url: string; headers: IncomingMessage["headers"]; body: string }[];
let receiver: Server;
let origin: string;

beforeAll(async () => {
  ({ world: base, close } = await testWorld());
  folder = mkdtempSync(join(tmpdir(), "fettle-sinks-"));
  receiver = createServer(async (request, reply) => {
    let body = "";
    for await (const part of request) body += String(part);
    asked.push({ url: request.url ?? "", headers: request.headers, body });
    const { status, headers, body: said } = answers.shift() ?? { status: 200 };
    reply.writeHead(status, headers).end(said ?? "{}");
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
afterAll(async () => {
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
  await close();
});
beforeEach(() => {
  answers = [];
  asked = [];
});

let made = 0;
/** A world whose configuration names one receiver that was never seen before. */
async function worldWith(sink: Record<string, unknown>): Promise<{ world: World; name: string }> {
  made += 1;
  const name = `sink-${made}`;
  const config = configSchema.parse({ ...base.config, events: { to: [{ name, ...sink }] } });
  const world = { ...base, config };
  await placeAll();
  await showSinks(world);
  return { world, name };
}

async function happen(...events: readonly Partial<NewEvent>[]): Promise<void> {
  await inTransaction(base.db, (tx) =>
    recordEvents(
      tx,
      events.map((event) => ({
        ...{ type: "host.added", actor: systemActor.subject, object: "host:h-1" },
        ...event,
      })),
    ),
  );
  await placeAll();
}

async function placeAll(): Promise<void> {
  while (await sequence(base, await openLogKey(base)));
}

async function stateOf(world: World) {
  const [now] = await showSinks(world);
  return { ...now!.state, behind: now!.behind };
}

const turn = (world: World, memory = newMemory(), server = "server-1") =>
  forward(world, { sink: world.config.events.to[0]!, server, memory });

const TYPES = ["rollout.started", "wave.opened", "wave.passed", "rollout.finished"] as const;
const rolledOut = TYPES.map((type) => ({
  ...{ type, object: "rollout:r-1", patch: PATCH, change: CHANGE },
  facts: type.startsWith("wave") ? { wave: 1 } : {},
}));

describe("a collector of OpenTelemetry", () => {
  test("gets what happens from now on, in order, and the spans that ended", async () => {
    await happen({ object: "host:before" });
    const { world } = await worldWith({ otlp: `${origin}/base/` });
    await happen(...rolledOut);
    expect(await turn(world)).toBe(false);
    expect(asked.map((one) => one.url)).toEqual(["/base/v1/logs", "/base/v1/traces"]);
    const records = JSON.parse(asked[0]!.body).resourceLogs[0].scopeLogs[0].logRecords;
    expect(records.map((one: { eventName: string }) => one.eventName)).toEqual([...TYPES]);
    const spans = JSON.parse(asked[1]!.body).resourceSpans[0].scopeSpans[0].spans;
    expect(spans.map((one: { name: string }) => one.name)).toEqual(["wave 1", "rollout"]);
    expect(await stateOf(world)).toMatchObject({ sent: 4, refused: 0, behind: 0, problem: null });
  });

  test("that is too busy gets the same again when it said it would have time", async () => {
    const { world } = await worldWith({ otlp: origin });
    await happen({ object: "host:busy" });
    answers = [{ status: 503, headers: { "retry-after": "7" } }];
    let now = Date.now();
    const patient = { ...world, clock: () => now };
    const memory = newMemory();
    await turn(patient, memory);
    expect(await stateOf(world)).toMatchObject({ sent: 0, behind: 1 });
    expect((await stateOf(world)).problem).toContain("503");
    now += 6_900;
    await turn(patient, memory);
    expect(asked).toHaveLength(1);
    now += 200;
    await turn(patient, memory);
    expect(asked[1]!.body).toBe(asked[0]!.body);
    expect(await stateOf(world)).toMatchObject({ sent: 1, behind: 0, problem: null });
  });

  test("that rejects some for good delays nothing, and the loss is told", async () => {
    const { world } = await worldWith({ otlp: origin });
    await happen({ object: "host:a" }, { object: "host:b" });
    const partial = { rejectedLogRecords: "1", errorMessage: "too old" };
    answers = [{ status: 200, body: JSON.stringify({ partialSuccess: partial }) }];
    await turn(world);
    const state = await stateOf(world);
    expect(state).toMatchObject({ sent: 1, refused: 1, behind: 0 });
    expect(state.problem).toContain("too old");
  });

  test("whose answer never comes loses nothing, and the key for it stays in its file", async () => {
    const headerFile = join(folder, "header");
    writeFileSync(headerFile, "Authorization: Bearer canary-7c1\n", { mode: 0o600 });
    const { world } = await worldWith({ otlp: "http://127.0.0.1:9", headerFile });
    await happen({ object: "host:c" });
    await turn(world);
    const state = await stateOf(world);
    expect(state).toMatchObject({ sent: 0, behind: 1 });
    expect(state.problem).toMatch(/could not be reached/);
    expect(JSON.stringify(state)).not.toContain("canary");
  });

  test("a header's file that others can read is refused", async () => {
    const headerFile = join(folder, "open-header");
    writeFileSync(headerFile, "X-Key: canary-7c2\n", { mode: 0o644 });
    const { world } = await worldWith({ otlp: origin, headerFile });
    await happen({ object: "host:d" });
    await turn(world);
    expect(asked).toEqual([]);
    expect((await stateOf(world)).problem).toContain("chmod 600");
  });
});

describe("a webhook", () => {
  const secretFile = () => {
    const file = join(folder, "secret");
    writeFileSync(file, `${SECRET}\n`, { mode: 0o600 });
    return file;
  };

  test("gets the chosen events one by one, each signed", async () => {
    const events = ["rollout.*", "!rollout.finished"];
    const { world } = await worldWith({ webhook: origin, secretFile: secretFile(), events });
    await happen(...rolledOut);
    await turn(world);
    expect(asked).toHaveLength(1);
    const [{ headers, body }] = asked as [(typeof asked)[number]];
    expect(JSON.parse(body)).toMatchObject({ type: "rollout.started", data: { case: PATCH } });
    const sentAt = Number(headers["webhook-timestamp"]);
    const of = { id: String(headers["webhook-id"]), sentAt, body: Buffer.from(body) };
    expect(headers["webhook-signature"]).toBe(webhookSignature(webhookKey(SECRET)!, of));
    expect(await stateOf(world)).toMatchObject({ sent: 1, behind: 0 });
  });

  test("that fails in the middle goes on at the very event", async () => {
    const { world } = await worldWith({ webhook: origin, secretFile: secretFile() });
    await happen({ object: "host:1" }, { object: "host:2" }, { object: "host:3" });
    answers = [{ status: 204 }, { status: 500 }];
    await turn(world);
    expect(await stateOf(world)).toMatchObject({ sent: 1, behind: 2 });
    await turn(world);
    const objects = asked.map((one) => JSON.parse(one.body).data.object);
    expect(objects).toEqual(["host:1", "host:2", "host:2", "host:3"]);
  });
});

test("two servers hand each event over once, and a rewind sends all of it again", async () => {
  const { world, name } = await worldWith({ otlp: origin });
  await happen({ object: "host:once" });
  await turn(world, newMemory(), "server-1");
  await happen({ object: "host:twice" });
  await turn(world, newMemory(), "server-2");
  expect(asked).toHaveLength(1);
  await turn(world, newMemory(), "server-1");
  expect(asked).toHaveLength(2);
  const first = (await stateOf(world)).next - 2;
  await rewind(world, systemActor, { name, from: first });
  await turn(world, newMemory(), "server-1");
  const indexes = [...asked.at(-1)!.body.matchAll(/ledger\.index","value":\{"intValue":"(\d+)"/g)];
  expect(indexes.map(([, index]) => Number(index)).slice(0, 2)).toEqual([first, first + 1]);
  await expect(rewind(world, systemActor, { name, from: 10_000_000 })).rejects.toThrow("entries");
});

describe("a syslog server", () => {
  test("over TLS is believed by its certificate only", async () => {
    const at = (file: string) => join(folder, file);
    execFileSync("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-keyout", at("key.pem"), "-out", at("cert.pem"), "-days", "2", "-subj", "/CN=siem"],
      ...["-addext", "subjectAltName=IP:127.0.0.1"],
    ]);
    let came = "";
    const options = { key: readFileSync(at("key.pem")), cert: readFileSync(at("cert.pem")) };
    const server = createTls(options, (socket) => {
      socket.on("data", (part) => {
        came += String(part);
      });
      socket.on("error", () => undefined);
    });
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const syslog = `tls://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const stranger = await worldWith({ syslog });
    const known = await worldWith({ syslog, caFile: at("cert.pem") });
    await happen({ object: "host:tls" });
    await turn(stranger.world);
    expect((await stateOf(stranger.world)).problem).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
    expect(came).toBe("");
    const memory = newMemory();
    await turn(known.world, memory);
    closeLine(memory);
    expect(came).toMatch(/^\d+ <109>1 .* host\.added \[fettle@32473 .*object="host:tls"\]/);
    expect(await stateOf(known.world)).toMatchObject({ sent: 1, problem: null });
    server.close();
  });

  test("that ends the connection gets the batch again", async () => {
    let came = "";
    const sockets: Socket[] = [];
    const server = createTcp((socket) => {
      sockets.push(socket);
      if (sockets.length === 1) socket.destroy();
      socket.on("data", (part) => {
        came += String(part);
      });
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { world } = await worldWith({ syslog: `tcp://127.0.0.1:${port}` });
    await happen({ object: "host:torn" });
    await turn(world);
    expect(await stateOf(world)).toMatchObject({ sent: 0, behind: 1 });
    const memory = newMemory();
    await turn(world, memory);
    expect(came).toContain("host:torn");
    expect(await stateOf(world)).toMatchObject({ sent: 1, behind: 0, problem: null });
    closeLine(memory);
    server.close();
  });

  test.skipIf(!existsSync("/usr/sbin/rsyslogd"))(
    "rsyslog itself reads every part of what is sent, by TCP and UDP",
    async () => {
      const daemon = await startRsyslog();
      try {
        for (const protocol of ["tcp", "udp"]) {
          const { world } = await worldWith({ syslog: `${protocol}://127.0.0.1:${daemon.port}` });
          const loop = await startForwarding(world);
          const object = `host:${protocol}`;
          await happen({ object, patch: PATCH, facts: { mode: 'quote " and ] é' } });
          await vi.waitFor(() => expect(daemon.lines()).toContain(object), { timeout: 10_000 });
          await loop.stop();
          const line = daemon
            .lines()
            .split("\n")
            .find((one) => one.includes(object));
          const [priority, version, program, event, data, ...said] = (line ?? "").split("|");
          expect([priority, version, program, event]).toEqual(["109", "1", "fettle", "host.added"]);
          expect(data).toContain(`case="${PATCH}"`);
          expect(said.join("|")).toContain('quote " and ] é');
        }
      } finally {
        await daemon.stop();
      }
    },
  );
});

/** A real daemon on a free port that writes the parts it read, one message a line. */
async function startRsyslog(): Promise<{
  port: number;
  lines: () => string;
  stop: () => Promise<void>;
}> {
  const probe = createTcp();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const out = join(folder, "rsyslog.out");
  const parts = ["pri", "protocol-version", "app-name", "msgid", "structured-data", "msg"];
  const template = parts.map((part) => `%${part}%`).join("|");
  const config = join(folder, "rsyslog.conf");
  writeFileSync(
    config,
    `module(load="imtcp") module(load="imudp")
input(type="imtcp" port="${port}" address="127.0.0.1")
input(type="imudp" port="${port}" address="127.0.0.1")
template(name="parts" type="string" string="${template}\\n")
action(type="omfile" file="${out}" template="parts")
`,
  );
  const pid = join(folder, "rsyslog.pid");
  const child: ChildProcess = spawn("/usr/sbin/rsyslogd", ["-n", "-f", config, "-i", pid], {
    stdio: "ignore",
  });
  await vi.waitFor(() => expect(existsSync(pid)).toBe(true), { timeout: 10_000 });
  return {
    port,
    lines: () => (existsSync(out) ? readFileSync(out, "utf8") : ""),
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill();
      }),
  };
}
