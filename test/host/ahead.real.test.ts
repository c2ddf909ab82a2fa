import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { verifySshSignature } from "../../src/base/sshsig.ts";
import { parseStaged, STAGED_NAMESPACE, type Staged } from "../../src/fleet/staged.ts";
import { aRoot, bodyOf, dropFixture, type Fixture, makeFixture } from "./apply-fixture.ts";
import { missingForRoots, type Root } from "./apply-root.ts";
import type { Job, JobOptions, Talk } from "./apply-server.ts";

/** Files that come before their time (decision 31), on a real Debian root. */

const missing = missingForRoots();
if (missing !== null) console.warn(`The tests of staging ahead are skipped: ${missing}.`);

const outcome = (talk: Talk): string =>
  talk.results.map(({ state, code }) => `${state} ${code}`).at(-1) ?? "no result";

describe.skipIf(missing !== null)("staging ahead of the window", () => {
  let fixture: Fixture;
  const open: Root[] = [];
  const fresh = async (): Promise<Root> => {
    const root = await aRoot(fixture);
    open.push(root);
    return root;
  };
  const upgrade = (options: JobOptions = {}): Job =>
    fixture.server.job(
      bodyOf(fixture, [
        ["libdemo", "1.0", "2.0"],
        ["demo-web", "1.0", "2.0"],
        "restart demo-web",
        "probe web",
      ]),
      options,
    );
  /** The host's signed word, judged by its own key. */
  const word = (root: Root, talk: Talk): Staged => {
    const [from, sig, to] = ["@staged", "@stagedsig", "@end"].map((at) => talk.lines.indexOf(at));
    const text = `${talk.lines.slice((from ?? 0) + 1, sig).join("\n")}\n`;
    const armoured = `${talk.lines.slice((sig ?? 0) + 1, to).join("\n")}\n`;
    const publicKeyLine = root.read("var/lib/fettle/key.pub").trim().split(" ", 2).join(" ");
    const namespace = STAGED_NAMESPACE;
    expect(verifySshSignature({ namespace, bytes: text, armoured, publicKeyLine })).toMatchObject({
      ok: true,
    });
    const parsed = parseStaged(text);
    if (!parsed.ok) throw new Error(`${parsed.why}\n${talk.lines.join("\n")}`);
    return parsed.value;
  };
  const refusal = (talk: Talk): string =>
    talk.lines.find((line) => line.startsWith("@refused ")) ?? talk.lines.join("\n");
  const folder = (root: Root, job: Job): string => root.at(`var/lib/fettle/ahead/${job.plan}`);
  const filesOf = (root: Root, job: Job): readonly string[] =>
    existsSync(folder(root, job))
      ? readdirSync(folder(root, job)).filter((name) => name.endsWith(".deb"))
      : [];
  /** The lists are known, and no file can be fetched any more. */
  const cutOff = (root: Root): void => {
    for (const name of readdirSync(root.at("srv/repo"))) {
      if (name.endsWith(".deb")) rmSync(root.at(`srv/repo/${name}`));
    }
  };

  beforeAll(async () => {
    fixture = await makeFixture();
  }, 300_000);
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  afterAll(async () => {
    if (missing === null) await dropFixture(fixture);
  });

  test("brings every file before the wave opens, changes nothing, and the job needs no source", async () => {
    const root = await fresh();
    const before = await root.sh("dpkg -l | sha256sum");
    const job = upgrade({ opensIn: 3600, endsIn: 7200 });
    const said = word(root, await fixture.server.stage(root, job));
    // New and old ones, for the way back.
    expect(said).toMatchObject({ plan: job.plan, state: "staged", code: "-", files: 4 });
    expect(filesOf(root, job)).toHaveLength(4);
    expect(await root.sh("dpkg -l | sha256sum")).toEqual(before);
    expect(outcome(await fixture.server.apply(root, job))).toBe("refused E_TIME");
    const told = await fixture.server.inspect(root, "status");
    expect(told.lines.join("\n")).toContain(`staged ${job.plan} 4 `);

    const now = upgrade();
    expect(word(root, await fixture.server.stage(root, now)).state).toBe("staged");
    cutOff(root);
    expect(outcome(await fixture.server.apply(root, now))).toBe("done -");
    expect(filesOf(root, now)).toEqual([]);
    expect(filesOf(root, job)).toHaveLength(4);
  });

  test("refuses a staged file that changed, with or without another source for it", async () => {
    const root = await fresh();
    const job = upgrade();
    expect(word(root, await fixture.server.stage(root, job)).state).toBe("staged");
    const spoil = (): void => {
      for (const name of filesOf(root, job)) writeFileSync(`${folder(root, job)}/${name}`, "other");
    };
    spoil();
    const first = await fixture.server.apply(root, job);
    expect(first.journal.join("\n")).toContain("changed since it was staged ahead");
    expect(outcome(first)).toBe("done -");

    const alone = await fresh();
    expect(word(alone, await fixture.server.stage(alone, job)).state).toBe("staged");
    for (const name of filesOf(alone, job)) writeFileSync(`${folder(alone, job)}/${name}`, "other");
    cutOff(alone);
    const second = await fixture.server.apply(alone, job);
    expect(outcome(second)).toBe("refused E_TARGET");
    expect(second.journal.join("\n")).toContain("had changed and was thrown away");
    expect(filesOf(alone, job)).toEqual([]);
  });

  test("starts nothing: an order to stage is no job, and one for a job stages nothing", async () => {
    const root = await fresh();
    const job = upgrade();
    const asJob = await fixture.server.stage(root, job, "dispatch");
    expect(word(root, asJob)).toMatchObject({ state: "refused", code: "E_PERMIT" });
    const asStage = await fixture.server.apply(root, {
      ...job,
      bundle: (_, attempt) => job.bundle("stage", attempt),
    });
    expect(outcome(asStage)).toBe("refused E_PERMIT");
    expect(filesOf(root, job)).toEqual([]);
    const forged = await fixture.server.stage(root, {
      ...job,
      bundle: (kind, attempt) => job.bundle(kind, attempt).replace("kind stage", "kind revert"),
    });
    expect(refusal(forged)).toContain("E_SIG");
    const over = upgrade({ opensIn: -120, endsIn: -60 });
    expect(word(root, await fixture.server.stage(root, over)).code).toBe("E_TIME");
    root.write("etc/fettle/halt", "");
    expect(refusal(await fixture.server.stage(root, job))).toContain("E_HALTED");
  });

  test("keeps to its cap, and what is left over goes", async () => {
    const root = await fresh();
    root.write("etc/fettle/limits", "packages 30\nask 3\nsettle 5\nstaged 1\n");
    const job = upgrade();
    await root.sh(
      "mkdir -p /var/lib/fettle/ahead/left /var/lib/fettle/ahead/other && " +
        "echo '1 1 1 1' >/var/lib/fettle/ahead/left/about && " +
        "echo '99999999999 1 1500 1' >/var/lib/fettle/ahead/other/about && " +
        "head -c 1500000 /dev/urandom >/var/lib/fettle/ahead/other/x.deb",
    );
    const full = word(root, await fixture.server.stage(root, job));
    expect(full).toMatchObject({ state: "refused", code: "E_DISK" });
    expect(full.why).toContain("1 MB that may be staged here");
    expect(existsSync(root.at("var/lib/fettle/ahead/left"))).toBe(false);
    await root.sh("rm -r /var/lib/fettle/ahead/other");
    expect(word(root, await fixture.server.stage(root, job)).state).toBe("staged");
    await root.sh(`echo revoked >/var/lib/fettle/revoked/${job.plan} 2>/dev/null || {
      mkdir -p /var/lib/fettle/revoked; echo revoked >/var/lib/fettle/revoked/${job.plan}; }`);
    expect(word(root, await fixture.server.stage(root, upgrade())).state).toBe("staged");
    expect(filesOf(root, job)).toEqual([]);
  });

  test("tells beforehand what the job would be refused for", async () => {
    const root = await fresh();
    const drift = fixture.server.job(bodyOf(fixture, [["demo-need", "1.0", "2.0"]]), {
      opensIn: 3600,
      endsIn: 7200,
    });
    expect(word(root, await fixture.server.stage(root, drift)).code).toBe("E_PLAN_DRIFT");
    cutOff(root);
    const gone = upgrade({ opensIn: 3600, endsIn: 7200 });
    expect(word(root, await fixture.server.stage(root, gone)).code).toBe("E_TARGET");
    expect(existsSync(folder(root, gone))).toBe(false);
  });
});
