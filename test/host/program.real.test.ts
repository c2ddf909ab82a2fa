import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { checkBundle } from "../../src/fleet/bundle-check.ts";
import { hostProgram } from "../../src/reach/host-program.ts";
import { buildScene, goodDraft, makeKeys } from "../corpus/scene.ts";
import { CHECK_ONLY, checkWith, layHost, makeHostRoot, type Shell, shells } from "./host-root.ts";

const isRoot = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), "fettle-program-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keys = makeKeys(join(folder, "keys"));
const dash = shells[0] as Shell;

describe("the joined program", () => {
  test("is clean for shellcheck", () => {
    const run = spawnSync("shellcheck", ["-s", "sh", "-"], { input: hostProgram() });
    expect(run.stdout.toString()).toBe("");
    expect(run.status).toBe(0);
  });

  test.each(shells)("is read by $name", ({ argv }) => {
    const [shell = "", ...args] = argv;
    const run = spawnSync(shell, [...args, "-n"], { input: hostProgram() });
    expect(run.stderr.toString()).toBe("");
  });

  test("runs nothing when it was cut short", () => {
    const text = hostProgram();
    const empty = join(folder, "empty");
    for (let at = 0; at < text.length - 10; at += Math.ceil(text.length / 200)) {
      const run = spawnSync("/bin/dash", ["-s", "--", "serve"], {
        input: text.slice(0, at),
        env: { PATH: empty },
      });
      expect(run.stdout.toString()).toBe("");
    }
  });

  test("finds the packages that apt finds to depend on another, in every shell", () => {
    const parts = join(import.meta.dirname, "../../host");
    const rows = ["libssl3", "perl-base"].map((name) => `upgrade ${name} amd64 1 2 x 1 x amd64\n`);
    writeFileSync(join(folder, "rows"), rows.join(""));
    const quiet = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"];
    const flags = ["--installed", ...quiet.map((one) => `--no-${one}`)];
    const apt = spawnSync("apt-cache", ["rdepends", ...flags, "libssl3"], { encoding: "utf8" });
    const names = apt.stdout.split("\n").slice(2);
    const found = [...new Set(names.map((name) => name.replace(/^[ |]*/, "")))].filter(Boolean);
    expect(found.length).toBeGreaterThan(0);
    for (const { argv } of shells) {
      const [shell = "", ...args] = argv;
      const script = `RS_DIR=${folder}; . ${parts}/58-around.sh; resolve_around`;
      const run = spawnSync(shell, [...args, "-c", script], { encoding: "utf8" });
      const said = run.stdout.split("\n");
      expect(said).toContain(`dependents libssl3 ${found.length}`);
      const mine = said.flatMap((line) => /^dependent libssl3 (.*)$/.exec(line)?.[1] ?? []);
      expect(mine.sort()).toEqual(found.sort().slice(0, 100));
    }
  });

  test("takes nothing from the environment of its caller", () => {
    const path = join(folder, "plain");
    writeFileSync(path, hostProgram({ var: join(folder, "nowhere") }));
    const run = spawnSync("/bin/dash", [path, "serve"], {
      input: "apply\n@end\n",
      env: { PATH: "/nowhere", IFS: "/", ENV: "/nowhere", VAR: "/tmp", ETC: "/tmp", CDPATH: "/" },
    });
    expect(run.stdout.toString()).toMatch(/^fettle-host 1 ready\n@refused E_STATE /);
  });

  test("refuses a place that is not a plain path", () => {
    expect(() => hostProgram({ var: "/tmp/$(reboot)" })).toThrow("plain path");
  });
});

describe.runIf(isRoot)("a host", () => {
  const root = makeHostRoot(join(folder, "host"), dash, CHECK_ONLY);
  const scene = buildScene(keys, goodDraft(keys));
  beforeEach(() => layHost(root, scene));
  const verdict = (): string => checkWith(root, dash, scene.arrival);

  test("whose shell has 32-bit numbers is refused", () => {
    const mksh = { ...dash, argv: ["mksh"] };
    expect(checkWith(root, mksh, scene.arrival)).toMatch(/^E_PLATFORM .*64-bit/);
  });

  test.each(["identity", "policy"])("whose %s others may write is refused", (name) => {
    for (const mode of [0o664, 0o646, 0o666]) {
      chmodSync(join(root.etc, name), mode);
      expect(verdict()).toMatch(/^E_POLICY .*may be written by others/);
    }
  });

  test("whose policy another user owns is refused", () => {
    chownSync(join(root.etc, "policy"), 65534, 0);
    expect(verdict()).toMatch(/^E_POLICY .*not owned by root/);
  });

  test("whose folder others may write is refused", () => {
    chmodSync(root.etc, 0o777);
    expect(verdict()).toMatch(/^E_POLICY /);
    chmodSync(root.etc, 0o755);
    chmodSync(root.var, 0o1777);
    expect(verdict()).toMatch(/^E_POLICY /);
  });

  test("whose policy is a link to elsewhere is refused", () => {
    const elsewhere = join(folder, "elsewhere");
    renameSync(join(root.etc, "policy"), elsewhere);
    symlinkSync(elsewhere, join(root.etc, "policy"));
    expect(verdict()).toMatch(/^E_POLICY .*(?:not of its kind|written by others)/);
  });

  test.each(["anchor", "clock"])("that lost its %s is refused", (name) => {
    rmSync(join(root.var, name));
    expect(verdict()).toMatch(/^E_STATE /);
  });

  test.each(["12", "x 1", "1 2 3", "01 2", "1 9999999999999999"])(
    "with the clock %s is refused",
    (text) => {
      writeFileSync(join(root.var, "clock"), `${text}\n`);
      expect(verdict()).toMatch(/^E_STATE /);
    },
  );

  test("with a halt file that points nowhere is halted", () => {
    symlinkSync("/nowhere", join(root.etc, "halt"));
    expect(verdict()).toMatch(/^E_HALTED /);
  });

  test("that cannot store the counter accepts nothing", () => {
    rmSync(join(root.var, "clock.new"), { recursive: true, force: true });
    const path = join(root.var, "clock.new");
    spawnSync("mkdir", [path]);
    expect(verdict()).toMatch(/^E_STATE /);
  });

  test("with 400 approvers still finds the right keys", () => {
    const draft = goodDraft(keys);
    const line = (at: number) => {
      const key = Buffer.alloc(51, `x${at}`);
      Buffer.from("0000000b7373682d6564323535313900000020", "hex").copy(key);
      key.writeUInt32BE(at, 40);
      return { type: "ssh-ed25519", base64: key.toString("base64") } as const;
    };
    const crowd = Array.from({ length: 400 }, (_, at) => ({
      person: `alic.${at}`,
      groups: ["sre"],
      class: "ssh" as const,
      ...line(at),
    }));
    draft.policy = { ...draft.policy, approvers: [...crowd, ...draft.policy.approvers] };
    const crowded = buildScene(keys, draft);
    layHost(root, crowded);
    expect(checkWith(root, dash, crowded.arrival)).toBe("ok");
    expect(checkBundle(crowded.host, crowded.arrival).ok).toBe(true);
  });
});

describe("a good bundle with a change anywhere", () => {
  const scene = buildScene(keys, goodDraft(keys));
  const { text } = scene.arrival;
  const change = fc.oneof(
    fc.record({ at: fc.nat(text.length - 1), cut: fc.nat(3), put: fc.string({ maxLength: 3 }) }),
    fc.record({ at: fc.nat(text.length - 1), cut: fc.nat(200), put: fc.constant("") }),
    fc.record({
      at: fc.nat(text.length - 1),
      cut: fc.constant(1),
      put: fc.constantFrom("\0", "\r", "\n", "\t", " ", "  ", "\x7f", "\u00e9", "@", "0", "9", "e"),
    }),
  );
  const apply = ({ at, cut, put }: { at: number; cut: number; put: string }): string =>
    text.slice(0, at) + put + text.slice(at + cut);
  // Line breaks inside an armoured signature carry no meaning: such a bundle says the same.
  const meaning = (bundle: string): string =>
    bundle.replace(/(-----BEGIN SSH SIGNATURE-----\n)([A-Za-z0-9+/=\n]*)/g, (_, head, body) =>
      [head, body.replaceAll("\n", "")].join(""),
    );

  test("is never accepted by the server's own check", () => {
    fc.assert(
      fc.property(change, (edit) => {
        const edited = apply(edit);
        const verdict = checkBundle(scene.host, { ...scene.arrival, text: edited });
        return meaning(edited) === meaning(text) || !verdict.ok;
      }),
      { numRuns: 3000, seed: 5 },
    );
  });

  test.runIf(isRoot)("is never accepted by the host program, which gives the same code", () => {
    const root = makeHostRoot(join(folder, "mutants"), dash, CHECK_ONLY);
    fc.assert(
      fc.property(change, (edit) => {
        const edited = apply(edit);
        const arrival = { ...scene.arrival, text: edited };
        layHost(root, scene);
        const said = checkWith(root, dash, arrival);
        const verdict = checkBundle(scene.host, arrival);
        if (meaning(edited) !== meaning(text)) expect(said).not.toBe("ok");
        // A byte in the base64 that ssh-keygen reads past is the only thing they may differ in.
        expect(said.split(" ")[0]).toBe(verdict.ok ? "ok" : verdict.code);
      }),
      { numRuns: 250, seed: 6 },
    );
    expect(readdirSync(root.var)).not.toContain("job");
  });
});

test("the program's own size stays small enough to be sent over a login each time", () => {
  expect(Buffer.byteLength(hostProgram())).toBeLessThan(400 * 1024);
  expect(readFileSync(join(import.meta.dirname, "../../host/90-main.sh"), "utf8")).not.toContain(
    "eval ",
  );
});
