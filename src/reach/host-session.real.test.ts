import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeConnections } from "./connections.ts";
import { hostKeysIn, parseHostKey } from "./host-key.ts";
import { askHost, isReachProblem, openSession } from "./host-session.ts";
import type { ReachProblem, ReachTarget, SessionLimits } from "./model.ts";
import { scanHostKeys } from "./scan-host-keys.ts";
import type { HostSession } from "./session.ts";
import { freePort, startSshd, type TestSshd } from "./sshd-for-tests.ts";
import { transportTo } from "./transport.ts";

/** The mark is in every program here, so that sessions of others do not count. */
const MARK = `fettle-test-${process.pid}`;

/** A host program that does as its verb says, in the shape of the real one: body, then main. */
const program = (body: string): string => `# ${MARK}
main() {
  printf 'noise before\\nfettle-host 1 ready\\n'
  read -r verb rest
  ${body}
}
main "$@"
`;

let folder: string;
let paths: { state: string; sockets: string };
/** Files of host programs whose text is one of this test's. */
const leftBehind = (): readonly string[] =>
  readdirSync("/tmp")
    .filter((name) => name.startsWith("fettle-host."))
    .filter((name) => isOurs(join("/tmp", name)));

function isOurs(path: string): boolean {
  try {
    return readFileSync(path, "utf8").includes(MARK);
  } catch {
    return false;
  }
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fettle-reach-"));
  paths = { state: folder, sockets: folder };
});
afterAll(async () => {
  await closeConnections(folder);
  rmSync(folder, { recursive: true, force: true });
});

function over(target: ReachTarget, body: string) {
  const bytes = Buffer.from(program(body));
  return transportTo(target, paths, { remote: bytes, local: bytes });
}

async function ask(target: ReachTarget, body: string, limits: Partial<SessionLimits> = {}) {
  return askHost(over(target, body), { verb: "inspect", answer: "inspect", limits });
}

async function problemOf(target: ReachTarget, body: string, limits: Partial<SessionLimits> = {}) {
  const answer = await ask(target, body, limits);
  if (!isReachProblem(answer)) throw new Error("the host answered");
  return answer;
}

async function endOf(session: HostSession): Promise<ReachProblem | null> {
  for (;;) {
    const item = await session.next();
    if (item.kind === "ended") return item.problem;
  }
}

const local: ReachTarget = { kind: "local" };
const HELLO = "printf '@inspect\\nhello %s\\n@end\\n' \"$verb\"";

describe("a session with this machine", () => {
  test("runs the program, reads its answer and leaves no file behind", async () => {
    const answer = await ask(local, HELLO);
    expect(isReachProblem(answer)).toBe(false);
    expect([...(answer as ReadonlyMap<string, readonly string[]>).entries()]).toEqual([
      ["inspect", ["hello inspect"]],
    ]);
    expect(leftBehind()).toEqual([]);
  });

  test("carries questions of the host and answers to it", async () => {
    const session = openSession(
      over(
        local,
        `printf '@journal RECEIVED at=1\\n@ask\\nfettle ask 1\\n@asksig\\nsig\\n@end\\n'
         read -r answer; read -r last; printf '@result\\ngot %s %s\\n@resultsig\\ns\\n@end\\n' "$answer" "$last"`,
      ),
      { verb: "resume" },
    );
    expect(await session.next()).toEqual({
      kind: "message",
      message: { kind: "note", name: "journal", text: "RECEIVED at=1" },
    });
    const asked = await session.next();
    expect(asked).toMatchObject({ kind: "message", message: { kind: "group", name: "ask" } });
    session.send("@held closed\n@end\n");
    const result = await session.next();
    if (result.kind !== "message" || result.message.kind !== "group") throw new Error("no result");
    expect(result.message.sections.get("result")).toEqual(["got @held closed @end"]);
    expect(await endOf(session)).toBeNull();
    expect((await session.next()).kind).toBe("ended");
  });

  test("ends a flood at its cap and holds little of it", async () => {
    const before = process.memoryUsage().arrayBuffers;
    const problem = await problemOf(local, "printf '@inspect\\n'; head -c 1000000000 /dev/zero", {
      bytesMax: 8 * 1024 * 1024,
    });
    expect(problem.kind).toBe("flood");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  test("makes terminal escapes and broken UTF-8 harmless and cuts a long line", async () => {
    const answer = await ask(
      local,
      `printf '@inspect\\n\\033[2Jgone\\n\\377\\376 caf\\303\\251\\n'; head -c 10000 /dev/zero | tr '\\0' x; printf '\\nafter\\n@end\\n'`,
    );
    const lines = (answer as ReadonlyMap<string, readonly string[]>).get("inspect") ?? [];
    expect(lines[0]).toBe("?[2Jgone");
    expect(lines[1]).toBe("?? caf??");
    expect(lines[2]).toBe("x".repeat(4096));
    expect(lines[3]).toBe("after");
  });

  test.each([
    ["says nothing after its greeting", "sleep 60", "timeout"],
    ["breaks off in the middle of its answer", "printf '@inspect\\nhalf'", "connection-lost"],
    ["ends without an answer", "exit 0", "protocol"],
    ["says what no message begins with", "printf 'rm -rf /\\n'", "protocol"],
    ["opens a section that does not belong there", "printf '@inspect\\n@order\\n'", "protocol"],
    ["refuses", "printf '@refused E_POLICY no identity\\n'", "program-refused"],
  ])("tells a host that %s", async (_name, body, kind) => {
    const problem = await problemOf(local, body, { silenceMs: 700 });
    expect(problem.kind).toBe(kind);
  });

  test("does not let a trickle before the greeting buy time", async () => {
    const slow = `# ${MARK}\nwhile :; do printf x; sleep 0.1; done\n`;
    const bytes = Buffer.from(slow);
    const problem = await askHost(transportTo(local, paths, { remote: bytes, local: bytes }), {
      verb: "inspect",
      answer: "inspect",
      limits: { greetingMs: 800 },
    });
    expect(problem).toMatchObject({ kind: "no-answer" });
  });

  test("can be cancelled", async () => {
    const abort = new AbortController();
    const session = openSession(over(local, "sleep 60"), { verb: "inspect", signal: abort.signal });
    abort.abort();
    expect((await endOf(session))?.kind).toBe("cancelled");
  });
});

describe("a session over SSH", () => {
  let sshd: TestSshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.close());

  test("reaches a host with the pinned key and shares one connection", async () => {
    const started = Date.now();
    expect(isReachProblem(await ask(sshd.target, HELLO))).toBe(false);
    const first = Date.now() - started;
    for (let n = 0; n < 3; n++) expect(isReachProblem(await ask(sshd.target, HELLO))).toBe(false);
    const each = (Date.now() - started - first) / 3;
    expect(each).toBeLessThan(Math.max(first, 200));
    expect(readdirSync(folder).filter((name) => name.startsWith("s-"))).toHaveLength(1);
  });

  test("keeps no connection when told so, and rides on one that is there", async () => {
    await closeConnections(folder);
    const kept = (): number => readdirSync(folder).filter((name) => name.startsWith("s-")).length;
    const sessions = async (keeps: "connection" | "nothing"): Promise<void> => {
      const request = { verb: "inspect", answer: "inspect", keeps };
      expect(isReachProblem(await askHost(over(sshd.target, HELLO), request))).toBe(false);
    };
    await sessions("nothing");
    expect(kept()).toBe(0);
    await sessions("connection");
    await sessions("nothing");
    expect(kept()).toBe(1);
  });

  test("refuses a changed host key before it logs in", async () => {
    const other = await startSshd();
    const target = { ...sshd.target, hostKeys: [other.hostKeys.ed25519] };
    await other.close();
    expect((await problemOf(target, "touch /nowhere")).kind).toBe("host-key-changed");
  });

  test("refuses a host that has no key of the pinned type", async () => {
    const rsa = join(folder, "rsa");
    execFileSync("ssh-keygen", ["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", rsa]);
    const line = execFileSync("cat", [`${rsa}.pub`], { encoding: "utf8" });
    const problem = await problemOf({ ...sshd.target, hostKeys: [line] }, HELLO);
    expect(problem.kind).toBe("host-key-unknown");
  });

  test("refuses to go anywhere without a pinned key", async () => {
    expect((await problemOf({ ...sshd.target, hostKeys: [] }, HELLO)).kind).toBe(
      "host-key-unknown",
    );
  });

  test("never rides on a connection made under another pin", async () => {
    await ask(sshd.target, HELLO);
    const other = execFileSync("ssh-keygen", ["-y", "-f", join(sshd.folder, "user")], {
      encoding: "utf8",
    });
    const problem = await problemOf({ ...sshd.target, hostKeys: [other] }, HELLO);
    expect(problem.kind).toBe("host-key-changed");
  });

  test("names a refused login", async () => {
    const stranger = join(folder, "stranger");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", stranger]);
    const problem = await problemOf({ ...sshd.target, identityFile: stranger }, HELLO);
    expect(problem.kind).toBe("authentication");
  });

  test("names a private key that others may read, and one that is missing", async () => {
    const open = join(folder, "open key");
    writeFileSync(open, "x");
    chmodSync(open, 0o644);
    const problem = await problemOf({ ...sshd.target, identityFile: open }, HELLO);
    expect(problem).toMatchObject({ kind: "identity-file" });
    expect(problem.message).toContain("chmod 600");
    const missing = await problemOf({ ...sshd.target, identityFile: join(folder, "no") }, HELLO);
    expect(missing.kind).toBe("identity-file");
  });

  test("works with a private key whose path has spaces and percent signs", async () => {
    const strange = join(folder, "my %h key");
    execFileSync("cp", [join(sshd.folder, "user"), strange]);
    chmodSync(strange, 0o600);
    expect(isReachProblem(await ask({ ...sshd.target, identityFile: strange }, HELLO))).toBe(false);
  });

  test("leaves a flood at its cap over the network too", async () => {
    const problem = await problemOf(sshd.target, "head -c 1000000000 /dev/zero | tr '\\0' '\\n'", {
      bytesMax: 4 * 1024 * 1024,
    });
    expect(["flood", "protocol"]).toContain(problem.kind);
  });

  test("shows the host keys an address has, with the fingerprints of ssh-keygen", async () => {
    const keys = await scanHostKeys("127.0.0.1", sshd.port);
    const lines = keys.map((key) => key.line);
    expect(lines).toContain(sshd.hostKeys.ed25519);
    const said = execFileSync("ssh-keygen", ["-lf", join(sshd.folder, "host_ed25519.pub")], {
      encoding: "utf8",
    });
    const key = parseHostKey(sshd.hostKeys.ed25519);
    expect(said.split(" ")[1]).toBe(key?.fingerprint);
  });

  test("finds the keys of an address in plain and hashed known_hosts files", () => {
    const file = join(folder, "known");
    writeFileSync(file, `[127.0.0.1]:${sshd.port},web ${sshd.hostKeys.ed25519}\n`);
    const find = (): readonly string[] =>
      hostKeysIn(execFileSync("cat", [file], { encoding: "utf8" }), "127.0.0.1", sshd.port).map(
        (key) => key.line,
      );
    expect(find()).toEqual([sshd.hostKeys.ed25519]);
    execFileSync("ssh-keygen", ["-H", "-f", file], { stdio: "ignore" });
    expect(find()).toEqual([sshd.hostKeys.ed25519]);
    expect(hostKeysIn(execFileSync("cat", [file], { encoding: "utf8" }), "127.0.0.1", 22)).toEqual(
      [],
    );
  });

  test("ends its shared connections when the server stops", async () => {
    await ask(sshd.target, HELLO);
    await closeConnections(folder);
    expect(readdirSync(folder).filter((name) => name.startsWith("s-"))).toEqual([]);
  });
});

describe("a forced command", () => {
  test("is all a session gets, whatever it asks for", async () => {
    const script = join(folder, "forced.sh");
    writeFileSync(script, program("printf '@inspect\\nforced\\n@end\\n'"));
    const sshd = await startSshd({ forced: `sh ${script}` });
    try {
      const target = { ...sshd.target, program: "installed" } as const;
      const answer = await ask(target, "exit 1");
      expect((answer as ReadonlyMap<string, readonly string[]>).get("inspect")).toEqual(["forced"]);
    } finally {
      await closeConnections(folder);
      await sshd.close();
    }
  });

  test("that is missing leaves no shell to read what was meant for the program", async () => {
    const sshd = await startSshd();
    const mark = join(folder, "shell-was-here");
    try {
      const target = { ...sshd.target, program: "installed" } as const;
      const none = { remote: Buffer.alloc(0), local: Buffer.alloc(0) };
      const session = openSession(transportTo(target, paths, none), {
        verb: `touch ${mark}`,
        input: `touch ${mark}\n`,
      });
      expect((await endOf(session))?.kind).toBe("program-missing");
      expect(existsSync(mark)).toBe(false);
    } finally {
      await closeConnections(folder);
      await sshd.close();
    }
  });
});

describe("an address where no SSH server answers", () => {
  let mute: Server;
  let port: number;
  beforeAll(async () => {
    mute = createServer(() => undefined);
    port = await new Promise((resolve) => {
      mute.listen(0, "127.0.0.1", () => resolve((mute.address() as { port: number }).port));
    });
  });
  afterAll(() => {
    mute.close();
  });

  const target = (at: number): ReachTarget => ({
    kind: "ssh",
    user: "root",
    address: "127.0.0.1",
    port: at,
    identityFile: null,
    hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"],
    program: "piped",
  });

  test("is given up within the limit", async () => {
    const started = Date.now();
    const problem = await problemOf(target(port), HELLO, { greetingMs: 1_000 });
    expect(problem.kind).toBe("no-answer");
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test("is told from one where nothing listens", async () => {
    expect((await problemOf(target(await freePort()), HELLO)).kind).toBe("unreachable");
  });
});

describe("all these sessions", () => {
  test("left no file on the host, whether they ended, were killed, flooded or cut off", async () => {
    await expect.poll(leftBehind, { timeout: 10_000 }).toEqual([]);
  });
});
