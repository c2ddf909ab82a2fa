import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { buildScene, goodDraft, makeKeys, NOW } from "../corpus/scene.ts";
import { clockOf, layHost, makeHostRoot, shells } from "../host/host-root.ts";
import { Talk } from "../host/talk.ts";

/**
 * The server's clock is moved by a day, so every host refuses what it signs then, says by how much the
 * two clocks differ, and takes the next order once the server's clock is right again: a wrong time
 * that was signed must not lock a host out.
 */
const DAY_S = 86_400;
const ORDER_S = 600;

describe.runIf(process.getuid?.() === 0)("a server whose clock was moved by a day", () => {
  const folder = mkdtempSync(join(tmpdir(), "fettle-clock-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const keys = makeKeys(join(folder, "keys"));
  const shell = shells[0]!;
  /** The host knows the right time; its worker has nothing to do. */
  const standIns = `now_s() { say ${NOW}; }\nworker_main() { :; }`;
  const root = makeHostRoot(join(folder, "host"), shell, standIns);
  const hostKey = join(folder, "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ecdsa", "-m", "PKCS8", "-N", "", "-f", hostKey]);

  /** A job as the server makes it when its clock says so much more than the right time. */
  function jobAt(offset: number): ReturnType<typeof buildScene> {
    const now = NOW + offset;
    const draft = goodDraft(keys);
    draft.order = { issued: now, until: now + ORDER_S, counter: now * 1_000 };
    return buildScene(keys, draft);
  }

  function connect(job: ReturnType<typeof buildScene>): Talk {
    const talk = new Talk([...shell.argv, root.program, "serve"]);
    talk.send(`apply\n${job.arrival.text}`);
    return talk;
  }

  test.each([
    ["ahead", DAY_S, `the clock here is ${DAY_S} s behind the server's: it says ${NOW},`],
    ["back", -DAY_S, `the clock here is ${DAY_S} s ahead of the server's, or the order came late:`],
  ])(
    "%s: its orders are refused with the difference, and the right ones taken after",
    async (_way, offset, says) => {
      const wrong = jobAt(offset);
      layHost(root, wrong);
      for (const half of ["key", "key.pub"]) {
        const text = readFileSync(half === "key" ? hostKey : `${hostKey}.pub`);
        writeFileSync(join(root.var, half), text, { mode: 0o600 });
      }
      const before = clockOf(root);
      const refused = connect(wrong);
      const line = await refused.until("@journal REFUSED");
      expect(line).toContain(`code=E_TIME note=${says}`);
      refused.drop();
      expect(clockOf(root)).toEqual(before);
      const taken = connect(jobAt(0));
      expect(await taken.until("@accepted")).toMatch(/^@accepted [0-9a-f]{64} 1$/);
      taken.drop();
    },
  );
});
