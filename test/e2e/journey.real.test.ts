import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { effectiveUser } from "../../lab/machine.ts";
import { NOTHING_PENDING, type PendingUpdate } from "../../lab/model.ts";
import {
  audit,
  type Fleet,
  installed,
  must,
  ringsPolicy,
  startFleet,
  whole,
  writeFile,
  writeOnHost,
} from "./fleet.ts";
import { type AtTerminal, atTerminal, CTRL_C } from "./pseudo-terminal.ts";

/**
 * The product's main job with nothing replaced by a double: a security update that Debian really
 * offers, from the feed's statement to `dpkg-query` on six hosts, all of it through the command line
 * as two people use it: what takes a while is watched at a real terminal, by a log and by a program.
 */

/** Small, and one of them serves requests; any other real update does when none of them is pending. */
const PREFERRED = ["nginx", "expat", "rsync", "openssl"];

/** "Blocked, with a reason": what a script can tell from a crash. */
const REFUSED = 3;

interface Choice {
  readonly source: string;
  /** Binary packages of the source that are installed and have an update. */
  readonly packages: readonly PendingUpdate[];
}

describe.skipIf(effectiveUser() !== 0)("the journey of a real security update", whole, () => {
  let fleet: Fleet;
  let choice: Choice;
  let patch = "";
  let plan = "";
  let change = "";
  let rollout = "";
  let rings = "";

  const alice = (...args: string[]): Promise<string> => must(fleet.alice.fettle(...args));
  const sit = (...args: string[]): AtTerminal => atTerminal(fleet.alice.command(...args));
  const json = async <T>(...args: string[]): Promise<T> =>
    JSON.parse(await alice("-o", "json", ...args)) as T;

  beforeAll(async () => {
    fleet = await startFleet({ name: "journey", hosts: 6, people: "commands" });
    rings = writeFile(fleet, "rings.yaml", ringsPolicy({ probes: ["web-health"] }));
    const probe = "http http://127.0.0.1/ 200\ntimeout 5\ntries 5\n";
    const path = "/etc/fettle/probes.d/web-health";
    await Promise.all(fleet.lab.hosts.map((host) => writeOnHost(host, path, probe)));
  }, 300_000);

  afterAll(async () => {
    await fleet?.close();
  }, 120_000);

  test("hosts are added with pinned keys, enrolled and scanned", async () => {
    await watchLoading("starter/debian-tracker.json.gz");
    for (const host of fleet.lab.hosts) {
      const labels = Object.entries(host.labels).flatMap(([k, v]) => ["--label", `${k}=${v}`]);
      const way = ["--ssh", `root@${host.address}`, "--identity", fleet.lab.identityFile];
      await alice("host", "add", host.name, ...way, "--host-key", host.hostKey, ...labels);
    }
    const names = fleet.lab.hosts.map((host) => host.name);
    const said = await alice("host", "enrol", ...names, "--policy", rings);
    expect(said).toContain("web-1 is enrolled in ring canary");
    await watchScanning(names.length);
    const hosts = await json<{ name: string; updates: number }[]>("host", "list");
    expect(hosts.map((host) => host.name).sort()).toEqual(names);
  });

  test("the update and its vulnerabilities are found", async () => {
    const pending = await fleet.lab.host("web-1").pendingUpdates();
    const real = pending.filter((update) => update.isReal);
    if (real.length === 0) console.log(NOTHING_PENDING);
    choice = await choose(real);
    const list = await json<{ items: { source: string; vulnerabilities: unknown[] }[] }>(
      "patch",
      "list",
      "--limit",
      "100",
    );
    const listed = list.items.find((item) => item.source === choice.source);
    if (real.length > 0) expect(listed?.vulnerabilities.length).toBeGreaterThan(0);
    const reason = ["--reason", "Known flaws are open on hosts that customers reach"];
    const opened = await json<{ patch: { ref: string } }>(
      ...["patch", "open", choice.source, ...reason],
    );
    patch = opened.patch.ref;
    expect(patch).toBe("P-1");
  });

  test("it is planned over three rings, with the way back for each package", async () => {
    await alice("plan", "create", "--patch", patch, "--policy", rings);
    const [made] = await json<{ digest: string }[]>("plan", "list", "--patch", patch);
    plan = made!.digest;
    const shown = await json<{ statement: string; bodies: { text: string }[] }>(
      "plan",
      "show",
      plan,
    );
    expect(shown.statement).toMatch(/^hosts frozen 6$/m);
    expect(shown.statement.match(/^wave \d+ (canary|ring1|ring2) /gm)).toHaveLength(3);
    for (const { name, installed: from, offered: to } of choice.packages) {
      for (const { text } of shown.bodies) {
        expect(text).toMatch(new RegExp(`^step \\d+ upgrade ${name} \\S+ ${escaped(from)} `, "m"));
        expect(text).toMatch(new RegExp(`^undo \\d+ downgrade ${name} \\S+ ${escaped(to)} `, "m"));
      }
    }
  });

  test("who asks cannot approve, nobody can start before somebody else has signed", async () => {
    await alice("change", "request", "--plan", plan, "--reason", "clear it");
    const [asked] = await json<{ number: string }[]>("change", "list");
    change = asked!.number;
    const { alice: asker, bob } = fleet;
    const own = await asker.fettle("change", "approve", change, "--key", asker.key, "--yes");
    expect(own.code).toBe(REFUSED);
    expect(own.err).toContain(`You asked for ${change}, so somebody else has to approve it.`);
    const early = await fleet.alice.fettle("rollout", "start", change);
    expect(early.code).toBe(REFUSED);
    const said = await bob.fettle("change", "approve", change, "--key", bob.key, "--yes");
    expect(said.code, said.err).toBe(0);
    expect(said.err).toContain(plan);
  });

  test("it reaches six hosts wave by wave and is verified by dpkg on the hosts", async () => {
    rollout = "R-1";
    const person = sit("rollout", "start", change, "--watch");
    await person.until(/^.+ {2}R-1 {2}running /m);
    const [log, events] = [
      fleet.alice.fettle("rollout", "watch", rollout),
      fleet.alice.fettle("-o", "json", "rollout", "watch", rollout),
    ];
    const visitor = sit("rollout", "watch", rollout);
    await visitor.until(/Ctrl-C leaves; the rollout goes on/);
    visitor.type(CTRL_C);
    expect(await visitor.ended, visitor.screen()).toBe(130);
    expect(visitor.screen()).toContain("Find it again: fettle rollout watch R-1");
    expect(await person.ended, person.screen()).toBe(0);
    for (const { raw } of [person, visitor]) expectTerminalGivenBack(raw());
    expectPictures(person);
    expectLog(await must(log));
    expectEvents(await must(events));
    for (const host of fleet.lab.hosts) {
      for (const { name, offered } of choice.packages) {
        expect(await installed(host, name), host.name).toBe(`${offered} installed`);
      }
      expect(await audit(host)).toBe("");
    }
  });

  test("explain answers for a host, and the case tells the whole story", async () => {
    const said = await alice("explain", "host", "web-1", "patch", patch);
    expect(said).toMatch(/verified/);
    const story = await json<{ timeline: { type: string }[] }>("patch", "show", patch);
    const types = story.timeline.map((event) => event.type);
    for (const type of [
      ...["patch.opened", "plan.created", "change.requested", "change.approved"],
      ...["rollout.started", "target.judged", "rollout.finished"],
    ]) {
      expect(types, type).toContain(type);
    }
    expect(await alice("rollout", "show", rollout)).toContain("web-6");
  });

  test("the ledger's export verifies offline, and a changed byte is noticed", async () => {
    const file = writeFile(fleet, "ledger.jsonl", "");
    const key = (await alice("audit", "key")).trim();
    await alice("audit", "export", file);
    expect(await alice("audit", "verify", file, "--key", key)).toMatch(/^Good: \d+ entries/);
    const bad = readFileSync(file, "utf8").replace("rollout.started", "rollout.starteb");
    const forged = await fleet.alice.fettle(
      ...["audit", "verify", writeFile(fleet, "forged.jsonl", bad), "--key", key],
    );
    expect(forged.code).toBe(1);
  });

  test("the evidence about the change holds what each host signed, and no word of it can be changed", async () => {
    const file = writeFile(fleet, "change.jsonl", "");
    const key = (await alice("audit", "key")).trim();
    expect(await alice("audit", "evidence", change, file)).toMatch(/with what hosts signed to \d+/);
    const text = readFileSync(file, "utf8");
    // A host that was just then busy signs that it could not, and does it later: both count.
    const signed = text.split("\n").flatMap(documentsOf);
    const done = signed.filter((document) => /^state done$/m.test(document));
    const hosts = done.map((document) => document.match(/^host (\S+)$/m)?.[1]);
    expect(hosts, signed.join("\n")).toHaveLength(fleet.lab.hosts.length);
    expect(new Set(hosts).size).toBe(fleet.lab.hosts.length);
    expect(await alice("audit", "verify", file, "--key", key)).toContain(
      ` entries, ${signed.length} results signed by hosts`,
    );
    for (const [from, to] of [
      ["\\nstate done\\n", "\\nstate noop\\n"],
      [/^\{"results":.*\n/m, ""],
      [/"SHA256:/, '"SHA257:'],
    ] as const) {
      const bad = text.replace(from, to);
      expect(bad).not.toBe(text);
      const forged = writeFile(fleet, "forged-change.jsonl", bad);
      const said = await fleet.alice.fettle("audit", "verify", forged, "--key", key);
      expect(said.code, String(from)).toBe(1);
    }
  });

  async function watchLoading(feed: string): Promise<void> {
    const person = sit("feed", "load", feed);
    expect(await person.ended, person.screen()).toBe(0);
    expectTerminalGivenBack(person.raw());
    const row = new RegExp(`^ (.) ${escaped(feed)} {2}[\\d.]+ [kM]B {2}(working|done)`, "gm");
    const seen = person.pictures.flatMap((picture) => [...picture.matchAll(row)].map(([, s]) => s));
    expect(new Set(seen)).toEqual(new Set(["▣", "■"]));
    // What was drawn stays above what is said at the end.
    expect(person.screen()).toMatch(/^ ■ .+done.*\n\ndebian-tracker: /s);
  }

  async function watchScanning(hosts: number): Promise<void> {
    const person = sit("host", "scan", "--all", "--watch");
    expect(await person.ended, person.screen()).toBe(0);
    expectTerminalGivenBack(person.raw());
    const all = person.pictures.join("\n");
    expect(all).toMatch(new RegExp(`^ scan: 0 of ${hosts} done, \\d+ running, 0 failed$`, "m"));
    // Where hosts answered one after the other; all may have answered between two pictures.
    for (const picture of person.pictures) {
      if (!new RegExp(`^ scan: [1-${hosts - 1}] of ${hosts} done`, "m").test(picture)) continue;
      expect(picture).toMatch(/^ forecast \d\d:\d\dZ ±.+ \(/m);
    }
    // One picture, drawn over itself.
    const bars = person.screen().match(/^ ■{40}$/gm);
    expect(bars, person.screen()).toHaveLength(1);
    expect(person.screen()).toContain(`${hosts} hosts: ${hosts} changed, 0 unchanged, 0 failed.`);
  }

  async function choose(real: readonly PendingUpdate[]): Promise<Choice> {
    const host = fleet.lab.host("web-1");
    if (real.length === 0) {
      for (const one of fleet.lab.hosts) await fleet.lab.installBad(one, "lab-good");
      await alice("host", "scan", "--all", "--watch");
      const [update] = (await host.pendingUpdates()).filter((each) => each.name === "lab-good");
      return { source: "lab-good", packages: [update!] };
    }
    const bySource = new Map<string, PendingUpdate[]>();
    for (const update of real) {
      const format = "$" + "{source:Package}";
      const source = await host.must(["dpkg-query", "-W", "-f", format, update.name]);
      bySource.set(source, [...(bySource.get(source) ?? []), update]);
    }
    const source = PREFERRED.find((name) => bySource.has(name)) ?? [...bySource.keys()][0]!;
    console.log(`the real update is ${source} ${bySource.get(source)![0]!.offered}`);
    return { source, packages: bySource.get(source)! };
  }
});

/** What hosts signed, of a line of evidence; all other lines hold none. */
function documentsOf(line: string): readonly string[] {
  if (!line.startsWith('{"results":')) return [];
  const { results } = JSON.parse(line) as { readonly results: readonly [string, string, string][] };
  return results.map(([document]) => document);
}

/** Hidden while it was drawn, shown at the end, and never two pictures below each other. */
function expectTerminalGivenBack(raw: string): void {
  expect(raw).toContain("\u001b[?25l");
  expect(raw.lastIndexOf("\u001b[?25h")).toBeGreaterThan(raw.lastIndexOf("\u001b[?25l"));
}

/** What a person saw, from the first picture to the last. */
function expectPictures({ pictures, screen }: AtTerminal): void {
  const all = pictures.join("\n");
  expect(all).toMatch(/^no forecast: no host has finished yet/m);
  expect(all).toMatch(/^forecast \d\d:\d\dZ ±.+, from one host so far/m);
  expect(all).toMatch(/^ ring1 .*▣.* running$/m);
  expect(all).toMatch(/^ ▣ web-\d running: at work: installs packages$/m);
  for (const ring of ["canary", "ring1", "ring2"]) {
    const rows = screen().match(new RegExp(`^ ${ring} +■+ .* verified$`, "gm"));
    expect(rows, screen()).toHaveLength(1);
  }
  expect(screen()).toMatch(
    /\nR-1 is finished: 6 verified of 6 hosts\. Done \d\d:\d\dZ \(forecast /,
  );
}

/** One line for each thing that happened, with its time, and no escapes. */
function expectLog(text: string): void {
  const lines = text.trim().split("\n");
  for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ [^\x00-\x1f]+$/);
  const said = lines.map((line) => line.slice("2026-11-22 04:45:03Z ".length));
  for (let host = 1; host <= 6; host += 1) {
    expect(
      said.filter((line) => line === `web-${host} verified: is patched and verified`),
    ).toHaveLength(1);
  }
  expect(said.filter((line) => /^forecast: done 20\d\d-/.test(line)).length).toBeGreaterThan(0);
  expect(said.filter((line) => /^wave \d, \w+, passed: /.test(line))).toHaveLength(3);
  expect(said.at(-1)).toMatch(/^R-1 is finished: 6 verified of 6 hosts\. Done /);
}

/** The same as objects; the last one holds the rollout as it ended and the command's own exit code. */
function expectEvents(text: string): void {
  const events = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(new Set(events.map(({ event }) => event))).toEqual(
    new Set(["host", "wave", "rollout", "forecast", "end"]),
  );
  const verified = events.filter(
    (one) => one["event"] === "host" && one["standing"] === "verified",
  );
  expect(new Set(verified.map(({ host }) => host)).size).toBe(6);
  expect(verified.map(({ code }) => code)).toEqual(verified.map(() => null));
  expect(events.at(-1)).toMatchObject({ event: "end", rollout: "R-1", state: "finished", exit: 0 });
  expect(events.at(-1)).toHaveProperty("shown.targets.length", 6);
}

function escaped(text: string): string {
  return text.replace(/[.+*?^$()[\]{}|\\]/g, "\\$&");
}
