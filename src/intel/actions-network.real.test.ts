import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPublisher, type Publisher, publisherSubjects } from "../../test/builders/publisher.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { HOUR_MS } from "../base/instant.ts";
import { refreshFromNetwork } from "./actions.ts";
import { refreshFeeds } from "./actions-network.ts";
import { sourceOf } from "./feed-source.ts";
import { startFeedRefresh, startMatching } from "./loops.ts";
import { saveSource } from "./store-source.ts";

let now = Date.parse("2026-11-21T12:00:00Z");
let made: TestWorld;
let publisher: Publisher;

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  publisher = await openPublisher();
});
afterAll(async () => {
  await publisher.close();
  await made.close();
});

function subjectOf(name: string) {
  const subject = publisherSubjects.find(({ source }) => source === name);
  if (subject === undefined) throw new Error(`no subject ${name}`);
  return subject;
}

const numbers = Array.from({ length: 40 }, (_, n) => n);

describe("fetching feeds", () => {
  it("asks once per timetable, whoever asks", async () => {
    const subject = subjectOf("kev");
    publisher.offer({ subject, offer: { numbers } });
    const sources = [sourceOf("kev", [publisher.url + subject.path])];
    const once = () => refreshFeeds(made.world, systemActor, { isForced: false, sources });
    await Promise.all([once(), once(), once()]);
    await once();
    expect(publisher.asked).toHaveLength(1);
    now += HOUR_MS + 1;
    await once();
    expect(publisher.asked).toHaveLength(2);
  });

  it("sends a publisher's key from a file that only the server can read, and nobody else's", async () => {
    const subject = subjectOf("nvd");
    const source = sourceOf("nvd", [publisher.url + subject.path]);
    await made.world.db.transaction().execute((tx) =>
      saveSource(tx, source, {
        urls: source.urls,
        secretFile: "nvd-key",
        isEnabled: true,
        by: "user:ann",
        at: now,
      }),
    );
    const once = () =>
      refreshFeeds(made.world, systemActor, {
        isForced: true,
        sources: [source],
        wait: async () => undefined,
      });
    publisher.offer({ subject, offer: { numbers } });
    publisher.asked.length = 0;
    expect(await once()).toMatchObject([
      { kind: "unavailable", message: expect.stringContaining("chmod 600") },
    ]);
    const secrets = join(made.world.paths.state, "secrets");
    mkdirSync(secrets);
    writeFileSync(join(secrets, "nvd-key"), "s3cret\n", { mode: 0o600 });
    expect(await once()).toMatchObject([{ kind: "loaded" }]);
    expect(publisher.asked.map(({ headers }) => headers["apikey"])).toEqual(
      publisher.asked.map(() => "s3cret"),
    );
  });

  it("is refused where the network is switched off for feeds", async () => {
    await expect(refreshFromNetwork(made.world, systemActor)).rejects.toMatchObject({
      code: "blocked",
    });
  });

  it("runs in the background without asking anybody while switched off, and stops", async () => {
    const loops = [startFeedRefresh(made.world), startMatching(made.world)];
    for (const loop of loops) loop.wake();
    await Promise.all(loops.map((loop) => loop.stop()));
  });
});
