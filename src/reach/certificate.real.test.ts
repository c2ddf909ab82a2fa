import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { someHosts } from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import { SECOND_MS } from "../base/instant.ts";
import { type CertificateContent, signCertificate } from "../base/ssh-certificate.ts";
import { parsePublicKeyLine } from "../base/ssh-key.ts";
import { makeMachineKey } from "../base/sshsig.ts";
import type { World } from "../db/world.ts";
import { trustedAuthorities, turnAuthority } from "./actions-certificates.ts";
import { authorityLines, type Purpose, principalFor } from "./certificate-lines.ts";
import { askHost, isReachProblem } from "./host-session.ts";
import { type CertifiedHost, type Errand, reachFor } from "./reach-by-certificate.ts";
import { startSshd, type TestSshd } from "./sshd-for-tests.ts";
import { authorityKey } from "./store-authority-key.ts";

/**
 * Certificates of our authority before a real sshd, which trusts it by the very lines that we print and
 * knows no key of ours.
 */
const NAME = "web-1";
const protocolId = `h-${sha256(NAME).slice(0, 20)}`;
const lineOf = { protocolId, program: "piped" as const };

let made: TestWorld;
let world: World;
let sshd: TestSshd;
let [id, otherId]: HostId[] = [];

beforeAll(async () => {
  made = await testWorld();
  world = made.world;
  [id, otherId] = await someHosts(world, [
    { name: NAME, labels: { ring: "canary" } },
    { name: "web-2", labels: { ring: "canary" } },
  ]);
  const lines = authorityLines(lineOf, await keyLines());
  sshd = await startSshd({ authorizedKeys: [...lines.server, ...lines.people] });
});
afterAll(async () => {
  await sshd.close();
  await made.close();
});

const keyLines = async () => (await trustedAuthorities(world)).map((one) => one.keyLine);

function aHost(some: Partial<CertifiedHost> = {}, at = sshd): CertifiedHost {
  const { kind, user, address, port, hostKeys, program } = at.target;
  const way = { kind, user, address, port, hostKeys, program, identityFile: null };
  return { id: id!, name: NAME, protocolId, way: { ...way, byCertificate: true }, ...some };
}

async function look(host = aHost(), errand: Errand = { purpose: "look" }) {
  const transport = await reachFor(world, host, errand);
  return askHost(transport, { verb: "status", answer: "status" });
}

async function problemOf(host = aHost(), errand: Errand = { purpose: "look" }) {
  const answer = await look(host, errand);
  if (!isReachProblem(answer)) throw new Error("the host answered");
  return answer;
}

const log = (at = sshd) => readFileSync(join(at.folder, "log"), "utf8");
const count = async () => {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from ssh_certificate`.execute(world.db);
  return rows[0]!.count;
};

let serial = 1_000n;

/** A key of its own with a certificate of our authority, as files; then plain OpenSSH. */
async function signIn(
  some: Partial<CertificateContent> & { readonly purpose?: Purpose; readonly of?: string } = {},
  args: readonly string[] = [],
  at = sshd,
): Promise<{ code: number; out: string }> {
  const { purpose = "look", of = protocolId, ...content } = some;
  const pair = makeMachineKey();
  const now = Math.floor(Date.now() / SECOND_MS);
  const signed = signCertificate(
    {
      ...{ key: parsePublicKeyLine(pair.publicKeyLine)!, keyId: "by hand", hasTerminal: false },
      ...{ serial: ++serial, principals: [principalFor(purpose, of)], sourceAddresses: [] },
      ...{ forceCommand: "echo forced", validAfter: now - 60, validBefore: now + 300 },
      ...content,
    },
    { key: authorityKey(world.paths.state, 1), nonce: randomBytes(32) },
  );
  if (!signed.ok) throw new Error(signed.why);
  const file = join(at.folder, `k-${serial}`);
  writeFileSync(file, pair.privateKeyPem, { mode: 0o600 });
  writeFileSync(`${file}-cert.pub`, `${signed.line}\n`);
  return plainSsh(file, args, at);
}

function plainSsh(file: string, args: readonly string[], at = sshd) {
  const known = join(at.folder, "known");
  writeFileSync(known, `[127.0.0.1]:${at.port} ${at.hostKeys.ed25519}\n`);
  const options = ["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"];
  const trust = ["-o", `UserKnownHostsFile=${known}`, "-o", "IdentityAgent=none"];
  const to = ["-i", file, "-p", `${at.port}`, "-l", userInfo().username, ...args, "127.0.0.1"];
  return new Promise<{ code: number; out: string }>((resolve) => {
    const child = execFile(
      "ssh",
      [...options, ...trust, ...to, "cat /etc/shadow"],
      { timeout: 20_000 },
      (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), out: out + err }),
    );
    child.stdin?.end();
  });
}

describe("a host without a key of ours", () => {
  test("is looked at by a certificate of its own, which is gone with the connection", async () => {
    const before = await count();
    const answer = await look();
    expect(answer).not.toHaveProperty("message");
    expect(await count()).toBe(before + 1);
    expect(readdirSync(join(world.paths.state, "certificates"))).toEqual([]);
    expect(log()).toMatch(
      /Accepted publickey .* ID fettle look web-1 \(serial 1\) CA ECDSA SHA256:/,
    );
    const { rows } = await sql<{ facts: { principal: string; purpose: string } }>`
      select facts from event where type = 'certificate.issued'`.execute(world.db);
    expect(rows[0]?.facts).toMatchObject({ principal: `fettle-look-${protocolId}` });
  });

  test("a job's is tied to change, rollout and target in sshd's own log", async () => {
    const judge = async () => null;
    const none = await problemOf(aHost(), { purpose: "job", judge });
    expect([none.kind, none.message]).toEqual([
      "authentication",
      "No certificate was issued: web-1 has no job now that may be carried there.",
    ]);
  });

  test("without one, and with the bare key of one, nobody is let in", async () => {
    const pair = makeMachineKey();
    const file = join(sshd.folder, "bare");
    writeFileSync(file, pair.privateKeyPem, { mode: 0o600 });
    expect((await plainSsh(file, [])).code).toBe(255);
    expect((await plainSsh(join(sshd.folder, "user"), [])).code).toBe(255);
  });
});

describe("what sshd refuses", () => {
  const refused = async (some: Parameters<typeof signIn>[0]) => {
    const { code, out } = await signIn(some);
    return code === 255 && out.includes("Permission denied");
  };

  test("the control: such a certificate is accepted, and runs its own command alone", async () => {
    const { code, out } = await signIn();
    expect([code, out.trim()]).toEqual([0, "forced"]);
  });

  test("one that is over, and one whose time has not come", async () => {
    const now = Math.floor(Date.now() / SECOND_MS);
    expect(await refused({ validAfter: now - 600, validBefore: now - 1 })).toBe(true);
    expect(await refused({ validAfter: now + 60, validBefore: now + 600 })).toBe(true);
    expect(log()).toContain("Certificate invalid: expired");
    expect(log()).toContain("Certificate invalid: not yet valid");
  });

  test("one for another host", async () => {
    const other = `h-${sha256("web-2").slice(0, 20)}`;
    expect(await refused({ of: other })).toBe(true);
    const there = await problemOf(aHost({ id: otherId!, name: "web-2", protocolId: other }));
    expect(there.kind).toBe("authentication");
  });

  test("one of an authority that it does not know", async () => {
    const stranger = await testWorld();
    try {
      const [hers] = await someHosts(stranger.world, [{ name: NAME, labels: { ring: "canary" } }]);
      const transport = await reachFor(stranger.world, aHost({ id: hers! }));
      const answer = await askHost(transport, { verb: "status", answer: "status" });
      expect(isReachProblem(answer) && answer.kind).toBe("authentication");
    } finally {
      await stranger.close();
    }
  });

  test("one from another address than it is for", async () => {
    const { config } = world;
    const elsewhere = { ...config, certificates: { sourceAddresses: ["192.0.2.7"] } };
    const transport = await reachFor({ ...world, config: elsewhere }, aHost());
    const answer = await askHost(transport, { verb: "status", answer: "status" });
    expect(isReachProblem(answer) && answer.kind).toBe("authentication");
    const here = { ...config, certificates: { sourceAddresses: ["127.0.0.0/8"] } };
    const near = await reachFor({ ...world, config: here }, aHost());
    expect(isReachProblem(await askHost(near, { verb: "status", answer: "status" }))).toBe(false);
  });

  test("another command than the line of an installed host names", async () => {
    const [line] = authorityLines({ protocolId, program: "installed" }, await keyLines()).server;
    const installed = await startSshd({ authorizedKeys: [line!] });
    try {
      const job = { purpose: "job" as const };
      const other = await signIn({ ...job, forceCommand: "/bin/sh" }, [], installed);
      expect(other.code).toBe(255);
      expect((await signIn({ purpose: "look" }, [], installed)).code).toBe(255);
      // The very command of the line is taken; here nobody installed the program.
      const right = await signIn(
        { ...job, forceCommand: "/usr/sbin/fettle-host serve" },
        [],
        installed,
      );
      expect(right.code).not.toBe(255);
    } finally {
      await installed.close();
    }
  });

  test.each([
    ["a forwarded port", ["-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:22"]],
    [
      "a forwarded socket",
      ["-o", "ExitOnForwardFailure=yes", "-R", "/tmp/fettle-no.sock:127.0.0.1:22"],
    ],
  ])("%s", async (_, args) => {
    const { code, out } = await signIn({ purpose: "person", hasTerminal: true }, args);
    expect([code, out]).toEqual([255, expect.stringContaining("remote port forwarding failed")]);
    expect(existsSync("/tmp/fettle-no.sock")).toBe(false);
  });

  test("a terminal for jobs and looks; a person has one", async () => {
    const forceCommand = "tty; true";
    expect((await signIn({ forceCommand }, ["-tt"])).out).toContain(
      "PTY allocation request failed",
    );
    const person = { purpose: "person" as const, hasTerminal: true, forceCommand };
    expect((await signIn(person, ["-tt"])).out).toContain("/dev/pts/");
  });
});

describe("the authority", () => {
  test("its key is a file closed to others, and no certificate comes from an open one", async () => {
    const file = join(world.paths.state, "keys", "ssh-ca-1.pem");
    chmodSync(file, 0o644);
    const there = await problemOf();
    chmodSync(file, 0o600);
    expect(there.message).toContain("can be read by others");
  });

  test("is changed in three steps, both trusted in between, the old one refused in the end", async () => {
    const turn = (act: "prepare" | "switch" | "retire") =>
      turnAuthority(world, systemActor.subject, act);
    await expect(turn("switch")).rejects.toThrow("Prepare one first");
    await turn("prepare");
    await expect(turn("prepare")).rejects.toThrow("there already");
    await expect(turn("retire")).rejects.toThrow("Switch first");
    expect(isReachProblem(await look())).toBe(false);
    const both = authorityLines(lineOf, await keyLines()).server;
    expect(both).toHaveLength(2);
    const between = await startSshd({ authorizedKeys: both });
    try {
      expect(isReachProblem(await look(aHost({}, between)))).toBe(false);
      await turn("switch");
      expect(isReachProblem(await look(aHost({}, between)))).toBe(false);
      expect((await problemOf()).kind).toBe("authentication");
    } finally {
      await between.close();
    }
    expect(await turn("retire")).toHaveLength(1);
    const files = readdirSync(join(world.paths.state, "keys")).filter((n) =>
      n.startsWith("ssh-ca"),
    );
    expect(files.sort()).toEqual(["ssh-ca-1.pem", "ssh-ca-2.pem"]);
  });

  test("the database takes no certificate of eleven minutes, and forgets none", async () => {
    const wide = sql`
      insert into ssh_certificate (authority, purpose, host, principal, key_id, key_fingerprint,
        valid_after, valid_before, issued_at)
      values (1, 'look', ${id}, 'p', 'k', 'f', now(), now() + interval '11 minutes', now())`;
    await expect(wide.execute(world.db)).rejects.toThrow();
    await expect(sql`delete from ssh_certificate`.execute(world.db)).rejects.toThrow();
    await expect(sql`update ssh_certificate set key_id = 'x'`.execute(world.db)).rejects.toThrow();
  });
});
