import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/machine.ts";
import { postmaster } from "../e2e/launcher.ts";
import { type Answer, ledgerFault, type Served, serve } from "./served.ts";

/**
 * The whole database is killed, again and again, while many people write. Whoever was told that
 * something is stored finds it there; whoever was told 503 finds it whole or not at all.
 */
const WRITERS = 8;
const KILLS = 3;
const WRITES_BETWEEN = 40;

let folder = "";
let served: Served;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fl-"));
  chmodSync(folder, 0o755);
  served = await serve(folder, join(folder, "state"));
}, 120_000);

afterAll(async () => {
  await served?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test("a database that is killed under load loses nothing that was acknowledged", async () => {
  const answers = new Map<string, Answer>();
  let isOver = false;
  const stored = (): number => [...answers.values()].filter(({ status }) => status === 201).length;
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; !isOver; n += 1) {
      const name = `h-${writer}-${n}`;
      answers.set(name, await served.addHost(name));
    }
  };
  const writers = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  for (let kill = 0; kill < KILLS; kill += 1) {
    const from = stored();
    await waitFor("more to be stored", 60_000, async () => stored() >= from + WRITES_BETWEEN);
    process.kill(postmaster(served.state)!, "SIGKILL");
  }
  const last = stored();
  await waitFor("the database to be back", 60_000, async () => stored() > last);
  isOver = true;
  await writers;

  const told = new Set([...answers.values()].map(({ status, code }) => `${status} ${code ?? ""}`));
  expect(told).toEqual(new Set(["201 ", "503 unavailable"]));
  const again = new Map<string, number>();
  for (const name of answers.keys()) again.set(name, (await served.addHost(name)).status);
  for (const [name, { status }] of answers) {
    const expected = status === 201 ? [409] : [201, 409];
    expect(expected, name).toContain(again.get(name));
  }
  expect(await ledgerFault(served, folder)).toBeNull();
  const events = readFileSync(join(folder, "ledger.jsonl"), "utf8");
  expect(events.split("host.added").length - 1).toBe(answers.size);
}, 180_000);
