import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { verifySshSignature } from "../../src/base/sshsig.ts";
import { corpus } from "../corpus/cases.ts";
import {
  buildScene,
  type Draft,
  goodDraft,
  type Keys,
  makeKeys,
  ringRule,
  type Scene,
  signAs,
} from "../corpus/scene.ts";
import * as trust from "../corpus/trust-cases.ts";
import { CHECK_ONLY, checkWith, headOf, layHost, makeHostRoot, shells } from "./host-root.ts";

// Hosts whose ssh-keygen is missing or too old (protocol §4.4). The files of a host must be root's own.
const isRoot = process.getuid?.() === 0;
const isLong = process.env["FETTLE_TEST_LONG"] === "1";
const folder = mkdtempSync(join(tmpdir(), "fettle-openssl-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keys = makeKeys(join(folder, "keys"), "p256");
const [dash = shells[0]!] = shells;

function sceneOf(change: (draft: Draft, of: Keys) => void, of: Keys = keys): Scene {
  const draft = goodDraft(of);
  change(draft, of);
  return buildScene(of, draft);
}

// What signatures and the ledger decide; the other checks never ask which backend there is.
const aboutSignatures = new Set(
  [trust.trustAccepted, trust.devices, trust.requests, trust.gates, trust.ledger]
    .flat()
    .map(([name]) => name),
);
const cases = corpus.filter(
  ({ name, expect: code }) =>
    aboutSignatures.has(name) ||
    /^E_(SIG|KEY|SOD|THRESHOLD)$/.test(code) ||
    /good bundle/.test(name),
);

describe.runIf(isRoot).each(shells)("without ssh-keygen, under $name", (shell) => {
  const bare = { ...shell, keygen: { script: null } };
  const root = makeHostRoot(join(folder, shell.name.replaceAll(" ", "-")), bare, CHECK_ONLY);
  // Each shell takes its own share, so that all see each kind of case.
  const share = (at: number): boolean => at % (4 * shells.length) === shells.indexOf(shell);
  const sample = cases.filter((_, at) => isLong || share(at));

  test.each(sample)("$name: $expect", ({ change, expect: code }) => {
    const scene = sceneOf(change);
    layHost(root, scene);
    expect(checkWith(root, bare, scene.arrival)).toMatch(new RegExp(`^${code}(?: |$)`));
    if (code === "ok" && scene.headAfter !== null) expect(headOf(root)).toBe(scene.headAfter);
  });

  test("signs as ssh-keygen does, with a key that it made itself", () => {
    const signing = makeHostRoot(join(folder, `sign-${shell.argv[0]}`), bare, SIGN_ONLY);
    layHost(
      signing,
      sceneOf(() => undefined),
    );
    const [program = "", ...args] = [...shell.argv, signing.program];
    const bytes = "fettle result 1\nend\n";
    const run = spawnSync(program, args, { input: bytes });
    expect(run.stderr.toString()).toBe("");
    const publicKeyLine = readFileSync(join(signing.var, "key.pub"), "utf8").trim();
    expect(publicKeyLine).toMatch(/^ecdsa-sha2-nistp256 \S+ h-1$/);
    const [byFile = "", byText = ""] = run.stdout.toString().split("then\n");
    for (const armoured of [byFile, byText]) {
      const claim = { namespace: "fettle-result-v1", bytes, armoured, publicKeyLine } as const;
      expect(verifySshSignature(claim)).toMatchObject({ ok: true });
      writeFileSync(join(folder, "sig"), armoured);
      execFileSync(
        "ssh-keygen",
        [...["-Y", "check-novalidate", "-n", "fettle-result-v1", "-s", join(folder, "sig")]],
        { input: bytes },
      );
    }
    // curl reads the same key, and the stock tool too.
    expect(readFileSync(join(signing.var, "key"), "utf8")).toContain("BEGIN PRIVATE KEY");
    expect(
      execFileSync("ssh-keygen", ["-y", "-f", join(signing.var, "key")], { encoding: "utf8" }),
    ).toContain(publicKeyLine.split(" ")[1]);
  });
});

const SIGN_ONLY = `
main() {
  make_host_key h-1 || say "$E_CODE $E_FACTS"
  cat >"$VAR/text"
  read_text "$VAR/text"
  sign_as_host fettle-result-v1 "$VAR/text"
  say then
  sign_text fettle-result-v1 "$TEXT"
}
`;

describe.runIf(isRoot)("a host with what it has", () => {
  const mixed = makeKeys(join(folder, "mixed"));
  const unprotected = (draft: Draft): void => {
    draft.policy = { ...draft.policy, rings: [{ ...ringRule, need: 1 }] };
    draft.approvals = [{ person: "alice" }];
  };
  const desk: (typeof trust.trustAccepted)[number][1] = (draft, of) => {
    const found = trust.trustAccepted.find(([name]) => name === "a passkey at an approval desk");
    found?.[1](draft, of);
  };
  const byHand = (draft: Draft): void => {
    const permit = { kind: "offline" } as const;
    draft.way = "local";
    draft.statement = { permit };
    draft.policy = { ...draft.policy, rings: [{ ...ringRule, permit }] };
  };
  const KEYGEN = "/usr/bin/ssh-keygen";
  // What OpenSSH 8.0 says of -Y, and 8.2 and 8.3 of a passkey; all else the machine's own tool does.
  const knowsNone = 'echo "unknown option -- Y" >&2; exit 1';
  const knowsNoPasskey = `for a in "$@"; do f=$a; done
grep -v -e '^-' "$f" | tr -d '\\n' | base64 -d 2>/dev/null | grep -aq webauthn-sk &&
  { echo "Signature verification failed: key type does not match" >&2; exit 255; }
exec ${KEYGEN} "$@"`;

  const rows: readonly [string, string, string | null, Scene][] = [
    [
      "no ssh-keygen and an Ed25519 approver in a protected ring",
      "E_PLATFORM",
      null,
      sceneOf(() => undefined, mixed),
    ],
    [
      "no ssh-keygen and an Ed25519 approval in another ring",
      "E_KEY",
      null,
      sceneOf(unprotected, mixed),
    ],
    ["an ssh-keygen of 8.0", "ok", knowsNone, sceneOf(() => undefined)],
    [
      "an ssh-keygen of 8.0 and an Ed25519 approver in a protected ring",
      "E_PLATFORM",
      knowsNone,
      sceneOf(() => undefined, mixed),
    ],
    ["an ssh-keygen of 8.0 and a job by hand", "ok", knowsNone, sceneOf(byHand)],
    [
      "an ssh-keygen of 8.0, a job by hand and an Ed25519 approver",
      "E_PLATFORM",
      knowsNone,
      sceneOf(byHand, mixed),
    ],
    ["an ssh-keygen of 8.2 and a passkey", "ok", knowsNoPasskey, sceneOf(desk)],
    [
      "an ssh-keygen of 8.2, a passkey and an Ed25519 approver",
      "ok",
      knowsNoPasskey,
      sceneOf(desk, mixed),
    ],
  ];
  test.each(rows)("%s: %s", (name, code, script, scene) => {
    const shell = { ...dash, keygen: { script: script && `#!/bin/sh\n${script}\n` } };
    const root = makeHostRoot(join(folder, name.replaceAll(/\W/g, "-")), shell, CHECK_ONLY);
    layHost(root, scene);
    expect(checkWith(root, shell, scene.arrival)).toMatch(new RegExp(`^${code}(?: |$)`));
  });

  test("neither tool: E_PLATFORM", () => {
    const shell = { ...dash, keygen: { script: null } };
    const root = makeHostRoot(join(folder, "neither"), shell, CHECK_ONLY);
    rmSync(join(folder, "neither", "bin", "openssl"));
    const scene = sceneOf(() => undefined);
    layHost(root, scene);
    expect(checkWith(root, shell, scene.arrival)).toBe(
      "E_PLATFORM this host has neither ssh-keygen nor openssl",
    );
  });
});

/** Stands before the last line: judges signatures in folders with both backends. */
const JUDGE_BOTH = `
main() {
  for CK in "$VAR"/judged/[0-9]*; do
    read -r jb_who <"$CK/who"
    stock=no ours=no
    ssh-keygen -Y verify -n fettle-approve-v1 -I "$jb_who" -f "$CK/allowed" -s "$CK/sig" \\
      <"$CK/text" >/dev/null 2>&1 && stock=ok
    openssl_is_signed fettle-approve-v1 "$jb_who" "$CK/sig" "$CK/text" && ours=ok
    say "$stock $ours"
  done
}
`.replace("main() {", "main() {\n  set +f");

describe.runIf(isRoot)("stock ssh-keygen and the second backend", () => {
  const text = "fettle plan 1\nend\n";
  const namespace = "fettle-approve-v1";
  const { erin, frank } = keys.devices;
  const origin = "https://desk.site.example";
  const signers = [
    { line: keys.line("alice"), signature: signAs(keys, { person: "alice", namespace, text }) },
    { line: erin, signature: erin.sign({ namespace, text }) },
    { line: frank, signature: frank.sign({ namespace, text, origin }) },
    { line: frank, signature: frank.sign({ namespace, text, origin: `${origin}\\` }) },
    { line: frank, signature: frank.sign({ namespace, text, origin: `${origin}"` }) },
    { line: frank, signature: frank.sign({ namespace, text, origin, flags: 0x45 }) },
    { line: frank, signature: frank.sign({ namespace, text, origin, flags: 0x85 }) },
    {
      line: frank,
      signature: frank.sign({
        namespace,
        text,
        origin,
        editClientData: (t) => t.replace(",", " ,"),
      }),
    },
  ];

  test("agree about good signatures and about any with a byte changed", () => {
    const good = signers.map((signer) => ({ ...signer, blob: unarmoured(signer.signature) }));
    const changed = fc
      .sample(
        fc.record({
          signer: fc.nat(2),
          at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
          flip: fc.integer({ min: 1, max: 255 }),
          cut: fc.constantFrom(0, 0, 0, 1),
          text: fc.constantFrom(text, text, text, `${text} `),
        }),
        { numRuns: isLong ? 600 : 80, seed: 9 },
      )
      .map(({ signer, at, flip, cut, text: said }) => {
        const blob = Buffer.from(good[signer]!.blob);
        // Stock takes a version below 1, which this and the server's own check refuse.
        const place = 10 + Math.floor(at * (blob.length - 10));
        blob[place] = blob[place]! ^ flip;
        const bytes = cut === 1 ? blob.subarray(0, place) : blob;
        return { line: good[signer]!.line, blob: bytes, text: said };
      });
    const all = [...good.map((each) => ({ ...each, text })), ...changed];
    const root = makeHostRoot(join(folder, "both"), dash, JUDGE_BOTH);
    layHost(
      root,
      sceneOf(() => undefined),
    );
    for (const [at, { line, blob, text: said }] of all.entries()) {
      const at4 = join(root.var, "judged", String(at).padStart(4, "0"));
      mkdirSync(at4, { recursive: true });
      writeFileSync(join(at4, "who"), "alice\n");
      writeFileSync(
        join(at4, "allowed"),
        `alice namespaces="${namespace}" ${line.type} ${line.base64}\n`,
      );
      writeFileSync(join(at4, "sig"), armoured(blob));
      writeFileSync(join(at4, "text"), said);
    }
    const run = spawnSync(dash.argv[0]!, [root.program], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    const verdicts = run.stdout.trim().split("\n");
    expect(verdicts).toHaveLength(all.length);
    expect(verdicts.slice(0, 4)).toEqual(Array(4).fill("ok ok"));
    expect(verdicts.slice(4, signers.length)).toEqual(Array(signers.length - 4).fill("no no"));
    expect(verdicts.filter((verdict) => verdict !== "ok ok" && verdict !== "no no")).toEqual([]);
  });
});

function unarmoured(text: string): Buffer {
  return Buffer.from(text.split("\n").slice(1, -2).join(""), "base64");
}

function armoured(blob: Buffer): string {
  const lines = blob.toString("base64").replace(/(.{70})(?=.)/g, "$1\n");
  return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
}
