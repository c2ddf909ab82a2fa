import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseWaysIn, proveWaysIn, type WaysText } from "../../src/inventory/ways-in.ts";
import { makeHostRoot, shells } from "./host-root.ts";

/** Hosts with and without second ways in, looked at by the real program, sshd and ssh-keygen. */
const isRoot = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), "fettle-ways-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const HOST = "h-3f9c2a7be01d4c55a1d0";
const OURS = 'restrict,command="/usr/sbin/fettle-host serve"';
const GUARDED = "PermitRootLogin forced-commands-only\nPasswordAuthentication no\n";

describe.runIf(isRoot).each(shells)("second ways in, looked for under $name", (shell) => {
  const home = join(folder, shell.name.replaceAll(" ", "-"));
  const system = join(home, "system");
  const program = makeHostRoot(
    home,
    shell,
    `WAYS_ROOT=${system}\nWAY=ssh\nmain() { inspect_ways; }`,
  );
  let key = "";
  let fingerprint = "";

  beforeAll(() => {
    for (const name of ["key", "sshd"]) {
      execFileSync("ssh-keygen", [
        "-q",
        "-t",
        "ecdsa",
        "-m",
        "PKCS8",
        "-N",
        "",
        "-f",
        join(home, name),
      ]);
    }
    key = readFileSync(join(home, "key.pub"), "utf8").split(" ").slice(0, 2).join(" ");
    fingerprint =
      execFileSync("ssh-keygen", ["-lf", join(home, "key.pub")])
        .toString()
        .split(" ")[1] ?? "";
  });

  const write = (name: string, text: string, mode = 0o644): void => {
    mkdirSync(join(system, name, ".."), { recursive: true });
    writeFileSync(join(system, name), text);
    chmodSync(join(system, name), mode);
  };
  /** A host as docs/hosts.md wants it. */
  function lay(): void {
    rmSync(system, { recursive: true, force: true });
    for (const at of [program.etc, program.var]) {
      rmSync(at, { recursive: true, force: true });
      mkdirSync(at, { recursive: true, mode: 0o755 });
    }
    write("etc/passwd", "root:x:0:0::/root:/bin/sh\ndeploy:x:1000:1000::/home/deploy:/bin/sh\n");
    write("etc/shadow", "root:*:1::::::\ndeploy:!:1::::::\n", 0o600);
    write(
      "etc/sudoers",
      "Defaults env_reset\nroot ALL=(ALL) ALL\n%sudo ALL=(ALL) ALL\n# eve ALL=NOPASSWD: ALL\n",
    );
    sshd(GUARDED);
    write("root/.ssh/authorized_keys", `# the one way\n${OURS} ${key} server\n`, 0o600);
    writeFileSync(
      join(program.etc, "identity"),
      `fettle identity 1\ntenant acme\nhost ${HOST}\nring prod\nend\n`,
    );
    writeFileSync(join(program.etc, "policy"), "a policy\n");
    for (const half of ["key", "key.pub"]) copyFileSync(join(home, half), join(program.var, half));
  }
  function sshd(text: string): void {
    write("etc/ssh/sshd_config", `HostKey ${join(home, "sshd")}\nPort 22\n${text}`);
  }
  function look(): WaysText {
    const [name = "", ...args] = shell.argv;
    const { stdout, stderr } = spawnSync(name, [...args, program.program], { encoding: "utf8" });
    expect(stderr).toBe("");
    const of = (word: string): string =>
      stdout
        .split("\n")
        .flatMap((line) =>
          line.startsWith(`${word} `) ? [`${line.slice(word.length + 1)}\n`] : [],
        )
        .join("");
    return { text: of("ways"), signature: of("ways-sig") || null };
  }
  /** What it found, but for programs of this very machine. */
  const found = (): string[] =>
    (parseWaysIn(look().text)?.found ?? [])
      .filter(({ kind }) => kind !== "agent")
      .map(({ kind, what }) => `${kind} ${what.replaceAll(home, "")}`);
  const proven = (given: WaysText, over: { at?: number; host?: string } = {}) =>
    proveWaysIn(given, {
      host: { protocolId: over.host ?? HOST, signingKey: key },
      ...{ tenant: "acme", at: over.at ?? Date.now(), tookMs: 5_000 },
    });

  test("a host with the one way in has none, and says so under its key", () => {
    lay();
    const report = look();
    expect(found()).toEqual([]);
    expect(proven(report)).toEqual({ proof: "signed", problem: null });
    writeFileSync(join(home, "signers"), `host ${key}\n`);
    writeFileSync(join(home, "sig"), report.signature ?? "");
    const args = ["-Y", "verify", "-f", join(home, "signers"), "-I", "host"];
    const oracle = spawnSync(
      "ssh-keygen",
      [...args, "-n", "fettle-ways-v1", "-s", join(home, "sig")],
      { input: report.text },
    );
    expect(oracle.status).toBe(0);
    expect(proven(report, { host: "h-00000000000000000000" }).proof).toBe("wrong");
    expect(proven(report, { at: Date.now() - 3_600_000 }).proof).toBe("wrong");
    expect(proven({ ...report, signature: null }).proof).toBe("wrong");
    expect(proven({ ...report, text: report.text.replace("way ssh", "way agent") }).proof).toBe(
      "wrong",
    );
  });

  test("names each key that lets root in otherwise, with its fingerprint and line", () => {
    lay();
    const lines = [
      key,
      `${OURS} ${key}`,
      `command="/usr/sbin/fettle-host serve" ${key}`,
      `no-pty,command="/usr/bin/rsync --server \\"a b\\"" ${key}`,
      `restrict,cert-authority,command="/usr/sbin/fettle-host serve" ${key}`,
      `cert-authority ${key}`,
      `environment="X=restrict,command=" ${key}`,
      `restrict,command="/usr/sbin/fettle-host serve; sh" ${key}`,
    ];
    write("root/.ssh/authorized_keys", `${lines.join("\n")}\n`, 0o600);
    const at = (line: number) => `${fingerprint} /root/.ssh/authorized_keys:${line}`;
    expect(found()).toEqual([
      `key-open ${at(1)}`,
      `key-unrestricted ${at(3)}`,
      `key-command ${at(4)}`,
      `key-open-ca ${at(6)}`,
      `key-open ${at(7)}`,
      `key-command ${at(8)}`,
    ]);
  });

  test("names what sshd lets root do, as sshd itself says", () => {
    lay();
    sshd("PermitRootLogin yes\nPasswordAuthentication yes\n");
    expect(found()).toEqual(["root-login yes"]);
    write("etc/shadow", "root:$6$salt$hash:1::::::\n", 0o600);
    expect(found()).toEqual(["root-password sshd"]);
    sshd("PermitRootLogin prohibit-password\nPermitEmptyPasswords yes\n");
    expect(found().sort()).toEqual(["empty-passwords sshd", "root-login without-password"]);
    write("etc/ssh/keys/root", `${key}\n`, 0o600);
    sshd(
      `${GUARDED}TrustedUserCAKeys /etc/ssh/ca.pub\nAuthorizedKeysFile /etc/ssh/keys/%u\nAuthorizedKeysCommand /usr/bin/keys\nAuthorizedKeysCommandUser nobody\n`,
    );
    expect(found().sort()).toEqual([
      "ca /etc/ssh/ca.pub",
      `key-open ${fingerprint} /etc/ssh/keys/root:1`,
      "keys-command /usr/bin/keys",
    ]);
    sshd("PermitRootLogin maybe\n");
    expect(found()).toEqual(["unseen sshd"]);
  });

  test("names who becomes root without a password, and other accounts that are root", () => {
    lay();
    write(
      "etc/sudoers",
      "User_Alias OPS = ada, bob\ndeploy ALL=(ALL) \\\n  NOPASSWD: ALL\n%wheel ALL=(ALL) PASSWD: ALL\n@includedir /etc/sudoers.d\n@include /opt/more\nDefaults:carol !authenticate\n",
    );
    write("etc/sudoers.d/ops", "OPS ALL=(root) NOPASSWD: /usr/bin/systemctl restart nginx\n");
    write("etc/sudoers.d/off.bak", "eve ALL=(ALL) NOPASSWD: ALL\n");
    write("etc/doas.conf", "permit nopass keepenv dave\npermit erin\n");
    write("etc/passwd", "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n");
    write("etc/shadow", "root:*:1::::::\nguest::1::::::\n", 0o600);
    expect(found().sort()).toEqual([
      "no-password guest",
      "sudo ada,bob some",
      "sudo carol all",
      "sudo dave all",
      "sudo deploy all",
      "uid0 toor",
      "unseen /opt/more",
    ]);
  });

  test("names what others may write, and schedules that pull from elsewhere", () => {
    lay();
    chmodSync(join(program.etc, "policy"), 0o664);
    mkdirSync(join(program.etc, "hooks.d"));
    writeFileSync(join(program.etc, "hooks.d/drain"), "");
    chmodSync(join(program.etc, "hooks.d/drain"), 0o757);
    write("etc/cron.d/pull", "0 * * * * root ansible-pull -U https://git.example/x\n");
    expect(found().sort()).toEqual([
      "scheduled /etc/cron.d/pull",
      "writable /etc/hooks.d/drain",
      "writable /etc/policy",
    ]);
  });

  test("a hostile name neither breaks the text nor runs", () => {
    lay();
    write("etc/sudoers", `$(touch${"\t"}${join(home, "ran")})\u001b[2J ALL=(ALL) NOPASSWD: ALL\n`);
    write("etc/passwd", `root:x:0:0::/root:/bin/sh\n\`id\`\u00e9:x:0:0::/:/bin/sh\n`);
    const report = look();
    expect(proven(report).proof).toBe("signed");
    expect(parseWaysIn(report.text)?.found.some(({ what }) => what.startsWith("`id`?"))).toBe(true);
    expect(() => readFileSync(join(home, "ran"))).toThrow();
  });

  test("more than are told are counted", () => {
    lay();
    const many = Array.from({ length: 100 }, (_, at) => `u${at} ALL=(ALL) NOPASSWD: ALL\n`);
    write("etc/sudoers", many.join(""));
    const all = parseWaysIn(look().text)?.found ?? [];
    expect(all.filter(({ kind }) => kind === "sudo").length).toBeLessThanOrEqual(60);
    expect(all.at(-1)).toMatchObject({ kind: "unseen", what: expect.stringMatching(/^\d+ more$/) });
  });
});
