import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { waitFor } from "../lab/machine.ts";
import {
  clone,
  type ServerProcess,
  serverEnvironment,
  startServerProcess,
} from "./e2e/server-process.ts";

/**
 * The command line as people and scripts meet it: a process with arguments, standard output, and an
 * exit code from the one table (0 done, 1 failed, 2 usage, 3 blocked), against a real server.
 */
interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let server: ServerProcess;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fettle-cli-"));
  server = await startServerProcess();
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function fettleAs(person: string, ...args: readonly string[]): Said {
  const run = spawnSync(process.execPath, [join(clone, "src/main/cli.ts"), ...args], {
    encoding: "utf8",
    input: "",
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...serverEnvironment(server.sockets),
      FETTLE_STATE: server.state,
      FETTLE_URL: server.url,
      XDG_CONFIG_HOME: join(folder, person),
    },
  });
  return { code: run.status ?? -1, out: run.stdout, err: run.stderr };
}

function fettle(...args: readonly string[]): Said {
  return fettleAs("alice", ...args);
}

/** What a command prints for programs; the same value in both forms. */
// biome-ignore lint/suspicious/noExplicitAny: replies of many shapes, checked by each test
function printed(...args: readonly string[]): any {
  const json = fettle("-o", "json", ...args);
  expect(json, args.join(" ")).toMatchObject({ code: 0 });
  return JSON.parse(json.out);
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const codename = /^VERSION_CODENAME=(\S+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];

/** One invented vulnerability of bash, which every version of it has. */
function tracker(id: string): string {
  const release = {
    status: "resolved",
    fixed_version: "99:1-1",
    urgency: "high",
    repositories: { [codename ?? "bookworm"]: "5.2.15-2" },
  };
  const entry = {
    description: "invented",
    scope: "local",
    releases: { [codename ?? "bookworm"]: release },
  };
  return JSON.stringify({ bash: { [id]: entry } });
}

describe("the command line, from setup to the proof", () => {
  test("makes the first administrator once, and keeps the token for its user only", () => {
    expect(fettle("host", "list")).toMatchObject({ code: 1, out: "" });
    expect(fettle("setup", "--handle", "alice").code).toBe(0);
    expect(statSync(join(folder, "alice/fettle/credentials.json")).mode & 0o777).toBe(0o600);
    expect(fettle("setup", "--handle", "eve")).toMatchObject({ code: 1 });
    expect(printed("whoami")).toMatchObject({ handle: "alice", via: "token" });
  });

  test("invites a person, who signs in and registers a key", () => {
    const invite = join(folder, "bob.invite");
    const made = fettle(
      "user",
      "add",
      "bob",
      "--role",
      "approver:env=prod",
      "--invite-file",
      invite,
    );
    expect(made.code).toBe(0);
    expect(statSync(invite).mode & 0o777).toBe(0o600);
    const secret = readFileSync(invite, "utf8").trim();
    expect(made.out + made.err).not.toContain(secret);
    expect(fettleAs("bob", "login", "--invite-file", invite).code).toBe(0);
    expect(fettleAs("bob", "login", "--invite-file", invite)).toMatchObject({ code: 3 });
    const key = join(folder, "bobs-key");
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    expect(fettleAs("bob", "key", "add", `${key}.pub`).code).toBe(0);
    expect(fettleAs("bob", "key", "add", key)).toMatchObject({ code: 2 });
    expect(fettleAs("bob", "user", "list")).toMatchObject({ code: 3 });
    expect(fettleAs("bob", "host", "remove", "here")).toMatchObject({ code: 3 });
    expect(fettle("user", "add", "x", "--role", "king")).toMatchObject({ code: 2 });
    const listed = fettle("-o", "yaml", "user", "list");
    expect(parseYaml(listed.out)).toMatchObject([
      { handle: "alice" },
      { handle: "bob", grants: [{ role: "approver", scope: "env=prod" }] },
    ]);
  });

  test("adds this machine, looks at it, and shows it to people and to programs", () => {
    const label = ["--label", "env=prod", "--label", "ring=canary"];
    expect(fettle("host", "add", "here")).toMatchObject({ code: 2 });
    expect(fettle("host", "add", "here", "--local", "--label", "Bad Label")).toMatchObject({
      code: 2,
    });
    expect(fettle("host", "add", "here", "--local", ...label).code).toBe(0);
    expect(fettle("host", "add", "here", "--local", ...label)).toMatchObject({ code: 1 });
    const scan = fettle("-o", "json", "host", "scan", "here", "--no-refresh", "--watch");
    expect(scan.code).toBe(0);
    const told = scan.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(told.map((event) => event.event)).toContain("scan");
    expect(told.at(-1)).toMatchObject({ event: "end", exit: 0, shown: { hosts: 1, failed: 0 } });
    const table = fettle("host", "list").out;
    expect(table).toMatch(/^HOST +SYSTEM/);
    expect(table).toMatch(/here +Debian .* reachable +fresh/);
    expect(printed("host", "list", "--selector", "env=prod")).toHaveLength(1);
    expect(printed("host", "list", "--selector", "env!=prod")).toEqual([]);
    expect(fettle("host", "list", "--selector", "env=prod,(")).toMatchObject({ code: 2, out: "" });
    expect(printed("host", "show", "here").packages.length).toBeGreaterThan(50);
  });

  test("opens a case for what this machine is offered, and plans nothing for it alone", async () => {
    await waitFor("the starter snapshot to be matched", 60_000, async () => {
      return printed("finding", "list", "--limit", "1").backlogCount === 0;
    });
    const { items } = printed("patch", "list") as { items: { source: string; remedy: string }[] };
    const offered = items.find((item) => item.remedy === "update-offered");
    if (offered === undefined) {
      // A machine without pending updates: then there is nothing to open, and that is said.
      expect([1, 3]).toContain(fettle("patch", "open", "bash").code);
      return;
    }
    expect(printed("patch", "open", offered.source)).toMatchObject({ isNew: true });
    expect(printed("patch", "open", offered.source).patch.ref).toBe("P-1");
    const policy = join(clone, "policies/rings.yaml");
    const none = fettle("plan", "create", "--patch", "P-1", "--policy", policy);
    expect(none.code).toBe(3);
    expect(none.err).toContain("here: it is inspected only");
    expect(fettle("patch", "show", "P-1").out).toMatch(/Timeline\n.* alice +opened the case/);
  });

  test("previews an import, and adds all of it or nothing", () => {
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGkD1dPMnJnEkvkvXzVVVwcA1B3sCfkJ2Z3GxXPkAb9V";
    const good = file("hosts.csv", `name,address,host_key,labels\nw-1,192.0.2.1,${key},ring=1\n`);
    const bad = file("bad.csv", `name,address,host_key\nw-2,192.0.2.2,${key}\nNo Name,x,y\n`);
    expect(fettle("host", "import", good).out).toContain("add --apply");
    expect(fettle("host", "import", bad, "--apply")).toMatchObject({ code: 1 });
    expect(fettle("host", "import", bad, "--apply").out).toContain("Nothing was added");
    expect(fettle("-o", "json", "host", "import", good, "--apply").code).toBe(0);
    const inventory = file("inv.ini", "[web]\nw-3 ansible_host=192.0.2.3\n");
    const known = file("known_hosts", `192.0.2.3 ${key}\n`);
    expect(fettle("host", "import", inventory, "--known-hosts", known, "--apply").code).toBe(0);
    const names = printed("host", "list").map((host: { name: string }) => host.name);
    expect(names).toEqual(["here", "w-1", "w-3"]);
    expect(printed("host", "remove", "w-3")).toEqual({ name: "w-3", removed: true });
    const missing = fettle("host", "import", join(folder, "none.csv"));
    expect(missing).toMatchObject({ code: 1, out: "" });
    expect(missing.err).toMatch(/^fettle: .*there is no such file\.\n$/);
  });

  test("guards feeds against vanishing entries, and finds what a feed knows", () => {
    const feed = file("tracker.json", tracker("CVE-2026-99999"));
    const asOf = ["--as-of", new Date().toISOString()];
    const refused = fettle("feed", "load", feed, ...asOf);
    expect(refused.code).toBe(1);
    expect(refused.out).toContain("--accept-shrink");
    const taken = fettle("-o", "yaml", "feed", "load", feed, ...asOf, "--accept-shrink");
    expect(taken.code).toBe(0);
    expect(parseYaml(taken.out)).toMatchObject([{ feed: "debian-tracker", kind: "loaded" }]);
    const found = printed("finding", "show", "CVE-2026-99999");
    expect(found.packages).toMatchObject([{ name: "bash", fixedVersion: "99:1-1" }]);
    expect(printed("finding", "list", "--search", "99999")).toMatchObject({ total: 1 });
    expect(printed("finding", "list", "--search", "99999", "--kev")).toMatchObject({ total: 0 });
    const broken = file("not-a-feed.json", "[]");
    const alone = fettle("feed", "load", broken);
    expect(alone.code).toBe(2);
    expect(alone.out).toMatch(/not-a-feed\.json failed\n$/);
    const both = fettle("-o", "json", "feed", "load", feed, broken, ...asOf);
    expect(both.code).toBe(2);
    const told = both.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(told.filter((event) => event.event === "feed").map((event) => event.state)).toEqual([
      "working",
      "done",
      "working",
      "failed",
    ]);
    expect(told.at(-1)).toMatchObject({ event: "end", exit: 2 });
    expect(told.at(-1).shown).toHaveLength(1);
    expect(both.err).toContain(broken);
  });

  test("keeps services, and stops a pipeline whose build has what it must not have", () => {
    const added = fettle("service", "add", "shop", "--team", "payments", "--label", "tier=0");
    expect(added).toMatchObject({ code: 0, out: expect.stringContaining("sbom put shop") });
    const put = ["service", "sbom", "put", "shop"] as const;
    const lock = (version: string) =>
      file(
        "package-lock.json",
        JSON.stringify({
          name: "shop",
          lockfileVersion: 3,
          packages: {
            "": { dependencies: { qs: "*" } },
            "node_modules/qs": { version },
            "node_modules/own": { version: "git+ssh://x" },
          },
        }),
      );
    const advisory = {
      id: "GHSA-aaaa-aaaa-aaa1",
      modified: "2026-08-01T00:00:00Z",
      affected: [
        {
          package: { ecosystem: "npm", name: "qs" },
          ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "6.10.0" }] }],
        },
      ],
    };
    const osv = file("osv.jsonl", `${JSON.stringify(advisory)}\n`);
    expect(fettle("feed", "load", osv, "--accept-shrink").code).toBe(0);
    const built = ["--version", "1.0", "--environment", "prod", "--fail-on", "any"];
    const stopped = fettle(...put, lock("6.0.0"), ...built);
    expect(stopped).toMatchObject({ code: 3 });
    expect(stopped.out).toContain("1 of them cannot be judged");
    expect(stopped.out).toContain("Upgrade qs from 6.0.0 to 6.10.0: clears 1");
    const shown = fettle("service", "show", "shop");
    expect(shown.out).toContain("by shop > qs");
    const [listed] = printed("service", "list");
    expect(listed).toMatchObject({ findings: { open: 1 }, unknownCount: 1, artifactCount: 1 });
    built[1] = "1.1";
    expect(fettle(...put, lock("6.10.0"), ...built)).toMatchObject({ code: 0 });
    const slot = ["--artifact", "package-lock.json", "--environment", "prod"];
    const diff = fettle("service", "sbom", "diff", "shop", ...slot);
    expect(diff.out).toContain("~ qs 6.0.0 -> 6.10.0");
    expect(diff.out).toContain("Cleared: GHSA-aaaa-aaaa-aaa1");
    expect(fettle(...put, file("no.txt", "nothing")).code).toBe(2);
    expect(fettle("service", "show", "shp")).toMatchObject({
      err: expect.stringContaining("Did you mean shop?"),
    });
    expect(fettle("service", "remove", "shop").code).toBe(0);
  });

  test("is checked by the doctor, who needs an administrator for all of it", () => {
    const said = fettle("doctor");
    expect(said.out).toMatch(/■ good +database +embedded PostgreSQL 18/);
    expect(said.out).toMatch(/■ good +ledger +\d+ entries, its head is signed/);
    expect(said.out).toMatch(/■ good +background work/);
    expect(said.out).toMatch(/0 could not be looked at/);
    const { findings, exit } = JSON.parse(fettle("-o", "json", "doctor").out);
    expect(exit).toBe(said.code);
    expect(findings.filter((one: { state: string }) => one.state === "bad")).toEqual([]);
    expect(fettleAs("bob", "doctor").out).toMatch(/\? unknown +server and database/);
    // A head that others kept is handed in on the server's machine, and needs no server.
    const kept = file("kept-head", fettle("audit", "head").out);
    const given = fettle("--url", "http://127.0.0.1:9", "restore", "head", kept);
    expect(given.out, given.err).toMatch(
      /A head over \d+ entries: .*known-heads\/\d+-[A-Za-z0-9]+\n/,
    );
    expect(fettle("restore", "head", file("no-head", "acme\n12\n")).code).toBe(2);
    // The machine of the server signs nothing: it is never changed, so it was never enrolled.
    const here = fettle("doctor", "here");
    expect(here.out).toMatch(/^here, looked at .*, not signed: the host is not enrolled/);
    expect(JSON.parse(fettle("-o", "json", "doctor", "here", "--last").out)).toMatchObject({
      ...{ host: "here", proof: "unsigned", key: null, signature: null },
      text: expect.stringMatching(/^fettle ways 1\n/),
    });
    expect(fettle("doctor", "here", "--last", "--to", join(server.state, "no")).err).toContain(
      "here has signed no report",
    );
    expect(fettle("doctor", "--last").code).toBe(2);
    chmodSync(join(server.state, "ledger/log.key"), 0o644);
    const loose = fettle("doctor");
    chmodSync(join(server.state, "ledger/log.key"), 0o600);
    expect(loose.code).toBe(1);
    expect(loose.out).toContain("ledger/log.key has mode 0644");
  });

  test("completes names from the server, quickly and in silence", () => {
    expect(fettle("complete-names", "hosts", "he")).toEqual({ code: 0, out: "here\n", err: "" });
    expect(fettle("complete-names", "users", "")).toMatchObject({ code: 0, err: "" });
    const alone = fettle("--url", "http://127.0.0.1:9", "complete-names", "hosts", "");
    expect(alone).toEqual({ code: 0, out: "", err: "" });
  });

  test("tells a command without a server, or at a wrong address, what to do", () => {
    const wrong: readonly (readonly [string, number, RegExp])[] = [
      ["http://127.0.0.1:9", 1, /127\.0\.0\.1:9.*--url/],
      ["http://nobody.invalid", 1, /name in http:\/\/nobody\.invalid is not known/],
      [server.url.replace("http:", "https:"), 1, /http:\/\/ instead of https/],
      ["nonsense", 2, /not the address of a server/],
    ];
    for (const [url, code, words] of wrong) {
      const credentials = join(folder, "token-only");
      const ran = spawnSync(
        process.execPath,
        [join(clone, "src/main/cli.ts"), "--url", url, "host", "list"],
        {
          encoding: "utf8",
          env: {
            ...serverEnvironment(server.sockets),
            FETTLE_TOKEN: "fettle_x",
            XDG_CONFIG_HOME: credentials,
          },
        },
      );
      expect({ code: ran.status, out: ran.stdout }, url).toEqual({ code, out: "" });
      expect(ran.stderr).toMatch(words);
      expect(ran.stderr).not.toContain("    at ");
    }
    expect(fettle("hots", "list").err).toContain("Did you mean host?");
    expect(fettle("host", "lst").err).toContain("Did you mean list?");
  });

  test("says what blocks, and where to look next", () => {
    const blocked = fettle("patch", "open", "bash");
    expect(blocked.code).toBe(3);
    expect(blocked.err).toContain('"fettle finding list --search bash"');
    expect(fettle("patch", "show", "P-77")).toMatchObject({ code: 1, out: "" });
    expect(fettle("patch", "show", "77")).toMatchObject({ code: 2 });
    expect(fettle("change", "approve", "C-1", "--key", "/none")).toMatchObject({ code: 1 });
    expect(printed("change", "list", "--waiting")).toEqual([]);
    expect(fettle("nonsense")).toMatchObject({ code: 2, out: "" });
    expect(fettle("host", "list", "--nonsense")).toMatchObject({ code: 2, out: "" });
    expect(fettle("-o", "xml", "host", "list")).toMatchObject({ code: 2, out: "" });
  });

  test("exports the ledger, and proves or disproves it without the server", () => {
    const path = join(folder, "ledger.jsonl");
    expect(printed("audit", "export", path)).toMatchObject({ file: path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { key } = printed("audit", "key") as { key: string };
    expect(fettle("audit", "key").out).toBe(`${key}\n`);
    expect(fettle("audit", "verify", path, "--key", key).out).toMatch(/^Good: \d+ entries/);
    const head = file("head", fettle("audit", "head").out);
    expect(fettle("audit", "verify", path, "--key", key, "--known-head", head).code).toBeLessThan(
      2,
    );
    const lines = readFileSync(path, "utf8").split("\n");
    const swapped = [...lines];
    [swapped[2], swapped[4]] = [lines[4] ?? "", lines[2] ?? ""];
    for (const [name, content] of [
      ["swapped", swapped.join("\n")],
      ["cut", lines.slice(0, -3).join("\n")],
      ["edited", lines.join("\n").replace('"host.added"', '"host.edited"')],
    ] as const) {
      const verdict = fettle("-o", "json", "audit", "verify", file(name, content), "--key", key);
      expect(verdict.code, name).toBe(1);
      expect(JSON.parse(verdict.out), name).toMatchObject({ isGood: false });
    }
    const missing = fettle("audit", "verify", join(folder, "none"), "--key", key);
    expect(missing).toMatchObject({ code: 1, out: "" });
    expect(missing.err).not.toContain("at ");
  });

  test("ends quietly when the reader of its output goes away", () => {
    const environment = { ...serverEnvironment(server.sockets), FETTLE_URL: server.url };
    const cli = join(clone, "src/main/cli.ts");
    const script = '"$1" "$2" audit list --limit 1000 -o json | head -c 1 >/dev/null';
    const run = spawnSync("bash", ["-o", "pipefail", "-c", script, "x", process.execPath, cli], {
      encoding: "utf8",
      env: { ...environment, FETTLE_STATE: server.state, XDG_CONFIG_HOME: join(folder, "alice") },
    });
    expect(run).toMatchObject({ status: 0, stderr: "" });
  });

  test("refuses a token file that others can read, and says what to do", () => {
    const credentials = join(folder, "alice/fettle/credentials.json");
    chmodSync(credentials, 0o644);
    const refused = fettle("whoami");
    chmodSync(credentials, 0o600);
    expect(refused).toMatchObject({ code: 3, out: "" });
    expect(refused.err).toContain("chmod 600");
  });
});
