import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { Actor } from "../base/actor.ts";
import type { SubjectId } from "../base/ids.ts";
import {
  calendarLimits,
  importCalendar,
  REFRESH_MS,
  refreshCalendars,
  removeCalendar,
} from "./actions-import.ts";
import { ICAL_BYTES_MAX } from "./ical-read.ts";
import { loadSources } from "./store-import.ts";

const admin: Actor = {
  ...{ subject: "00000000-0000-7000-8000-0000000000aa" as SubjectId, name: "ada" },
  ...{ kind: "person", via: "session" },
  grants: [{ role: "admin", scope: [] }],
};

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let now = Date.parse("2026-11-22T12:00:00Z");
let answer: Answer = (_request, response) => response.writeHead(404).end();
let made: TestWorld;
const publisher = createServer((request, response) => answer(request, response));
let url = "";
beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  await new Promise<void>((resolve) => publisher.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/fairs.ics`;
});
afterAll(async () => {
  publisher.closeAllConnections();
  publisher.close();
  await made.close();
});
afterEach(async () => {
  await sql`delete from calendar_source`.execute(made.world.db);
});

function calendarOf(summary: string): string {
  const event = `BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:${summary}\r\nDTSTART:20261201T080000Z\r\nDTEND:20261201T180000Z\r\nEND:VEVENT`;
  return `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${event}\r\nEND:VCALENDAR\r\n`;
}

const gives =
  (summary: string): Answer =>
  (request, response) => {
    const etag = `"${summary}"`;
    if (request.headers["if-none-match"] === etag) return void response.writeHead(304).end();
    response.writeHead(200, { etag }).end(calendarOf(summary));
  };

async function importFairs(): Promise<void> {
  const asked = { name: "fairs", kind: "freeze", hosts: "all", passesEmergency: false } as const;
  await importCalendar(made.world, admin, { ...asked, text: null, url });
}

async function refreshed() {
  now += REFRESH_MS;
  const limits = { ...calendarLimits, silenceMs: 300, timeoutMs: 3_000, attemptsMax: 1 };
  await refreshCalendars(made.world, limits);
  return (await loadSources(made.world.db))[0];
}

it("a calendar at an address is asked whether it changed, and followed where it moved", async () => {
  answer = gives("Fair");
  await importFairs();
  const first = (await loadSources(made.world.db))[0];
  const asked: (string | undefined)[] = [];
  answer = (request, response) => {
    asked.push(request.headers["if-none-match"]);
    gives("Fair")(request, response);
  };
  expect(await refreshed()).toMatchObject({ digest: first?.digest, problem: null, triedAt: now });
  expect(asked).toEqual(['"Fair"']);
  answer = (request, response) =>
    request.url === "/moved.ics"
      ? gives("Market")(request, response)
      : response.writeHead(301, { location: "/moved.ics" }).end();
  const next = await refreshed();
  expect(next).toMatchObject({ problem: null, fetchedAt: now });
  expect(next?.digest).not.toBe(first?.digest);
});

const bad: readonly (readonly [string, Answer])[] = [
  ["fails", (_request, response) => response.writeHead(500).end("no")],
  ["is gone", (_request, response) => response.writeHead(410).end()],
  ["is a page", (_request, response) => response.writeHead(200).end("<html>Sign in</html>")],
  ["is empty", (_request, response) => response.writeHead(200).end()],
  [
    "is huge",
    (_request, response) => {
      response.writeHead(200);
      response.on("error", () => undefined);
      response.end(Buffer.alloc(ICAL_BYTES_MAX + 1, "x"));
    },
  ],
  ["is silent", (_request, response) => response.writeHead(200).write("BEGIN:VCALENDAR")],
  [
    "breaks off",
    (_request, response) => {
      response.writeHead(200, { "content-length": "9999" });
      response.write("BEGIN:VCALENDAR", () => response.destroy());
    },
  ],
  [
    "leads in a circle",
    (request, response) => response.writeHead(302, { location: request.url ?? "/" }).end(),
  ],
];

it.each(bad)(
  "an address that %s leaves the last good calendar in force, and says why",
  async (_, how) => {
    answer = gives("Fair");
    await importFairs();
    const good = (await loadSources(made.world.db))[0];
    answer = how;
    const after = await refreshed();
    expect(after).toMatchObject({ digest: good?.digest, fetchedAt: good?.fetchedAt, triedAt: now });
    expect(after?.problem?.length).toBeGreaterThan(10);
    answer = gives("Fair");
    expect(await refreshed()).toMatchObject({ digest: good?.digest, problem: null });
  },
);

it("a calendar that is removed or replaced while its address answers does not come back", async () => {
  answer = gives("Fair");
  await importFairs();
  answer = (request, response) => {
    void removeCalendar(made.world, admin, "fairs").then(() => gives("Late")(request, response));
  };
  expect(await refreshed()).toBeUndefined();

  answer = gives("Fair");
  await importFairs();
  const asked = { name: "fairs", kind: "freeze", hosts: "all", passesEmergency: false } as const;
  answer = (request, response) => {
    void importCalendar(made.world, admin, { ...asked, text: calendarOf("Own"), url: null }).then(
      () => gives("Late")(request, response),
    );
  };
  expect(await refreshed()).toMatchObject({ url: null, etag: null });
});

it("an address inside is refused unless its network is named, also as the aim of a redirect", async () => {
  const { world } = made;
  const strict = { ...world, config: { ...world.config, outbound: { networks: [] } } };
  let asked = 0;
  answer = () => (asked += 1);
  const of = { name: "fairs", kind: "freeze", hosts: "all", passesEmergency: false } as const;
  const imported = importCalendar(strict, admin, { ...of, text: null, url });
  await expect(imported).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("its network must be named"),
  });
  expect(asked).toBe(0);
  answer = (_request, response) =>
    response.writeHead(302, { location: "https://169.254.169.254/latest/meta-data" }).end();
  await expect(importFairs()).rejects.toMatchObject({
    message: expect.stringContaining("link-local"),
  });
  expect(await loadSources(world.db)).toEqual([]);
});
