import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../../src/base/digest.ts";
import {
  type MachineKey,
  makeMachineKey,
  openMachineKey,
  signDocument,
  verifySshSignature,
} from "../../src/base/sshsig.ts";
import { growthOf, parseHead, writeHead } from "../../src/fleet/log-proof.ts";
import { parseWitnessAnswer, writeWitnessAsk } from "../../src/fleet/witness-frame.ts";
import { consistencyRanges, type Hash, leafHash, rootHash } from "../../src/ledger/tree.ts";
import { nodesOver } from "../corpus/log-scene.ts";
import { buildScene, goodDraft, makeKeys } from "../corpus/scene.ts";
import { headOf, layHost, makeHostRoot, type Shell, shells } from "./host-root.ts";

// The files of a host must be root's own, so only root can lay a host.
const isRoot = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), "fettle-witness-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keys = makeKeys(join(folder, "keys"));
const scene = buildScene(keys, goodDraft(keys));
const ownKey = makeMachineKey();
const own = openMachineKey(ownKey.privateKeyPem);

/** Two histories of one log: the same up to the sixth entry. */
const histories = ["true", "false"].map((word) =>
  Array.from({ length: 40 }, (_, at) => leafHash(at < 6 ? `entry ${at}` : `${word} ${at}`)),
);

function headAt(history: number, size: number): { readonly size: number; readonly root: string } {
  const leaves = (histories[history] ?? []).slice(0, size);
  return { size, root: rootHash(size, nodesOver(leaves)).toString("hex") };
}

function asked(of: { from: number; to: number; history?: number; by?: MachineKey }): string {
  const { from, to, history = 0, by = keys.log } = of;
  const leaves: readonly Hash[] = histories[history] ?? [];
  const head = writeHead({ origin: "acme/fettle-ledger", ...headAt(history, to) });
  const consistency = consistencyRanges(from, to).map((range) =>
    rootHash(range.to - range.from, nodesOver(leaves.slice(range.from, range.to))),
  );
  const fromRoot = headAt(history, from).root;
  const growth = growthOf({ size: to, from, fromRoot, consistency });
  const headSignature = signDocument({ namespace: "fettle-head-v1", key: by, bytes: head });
  return writeWitnessAsk({ head, headSignature, from, growth });
}

const WITNESS_ONLY = `
main() {
  WAY=$1
  witness_main
}
`;

describe.runIf(isRoot).each(shells)("a host as witness, under $name", (shell: Shell) => {
  const root = makeHostRoot(join(folder, shell.name.replaceAll(" ", "-")), shell, WITNESS_ONLY);
  const tell = (text: string, way = "ssh") => {
    const [program = "", ...args] = [...shell.argv, root.program, way];
    const run = spawnSync(program, args, { input: Buffer.from(text, "latin1") });
    expect(run.stderr.toString()).toBe("");
    const [, lines = "", signature = ""] =
      /^@witness\n([\s\S]*?\n)(?:@cosign\n([\s\S]*?\n))?@end\n$/.exec(run.stdout.toString()) ?? [];
    const sections = new Map([["witness", lines.split("\n")]]);
    if (signature !== "") sections.set("cosign", signature.trimEnd().split("\n"));
    return parseWitnessAnswer(sections);
  };
  const refusal = (text: string, way?: string) => tell(text, way).refused?.code;
  beforeEach(() => {
    layHost(root, scene);
    writeFileSync(join(root.var, "key"), ownKey.privateKeyPem, { mode: 0o600 });
    writeFileSync(join(root.var, "key.pub"), `${ownKey.publicKeyLine}\n`);
  });

  test("signs heads that grow out of each other, and keeps the newest", () => {
    for (const [from, to] of [
      [0, 7],
      [7, 8],
      [8, 8],
      [8, 21],
      [21, 40],
    ] as const) {
      const answer = tell(asked({ from, to }));
      expect(answer).toMatchObject({ refused: null, head: headAt(0, to) });
      const bytes = writeHead({ origin: "acme/fettle-ledger", ...headAt(0, to) });
      const claim = { namespace: "fettle-cosign-v1", bytes } as const;
      const armoured = answer.signature ?? "";
      expect(verifySshSignature({ ...claim, armoured, publicKeyLine: own.publicKeyLine }).ok).toBe(
        true,
      );
      expect(headOf(root)).toBe(`${to} ${headAt(0, to).root}`);
    }
  });

  test("keeps which plan the log was shown to hold", () => {
    tell(asked({ from: 0, to: 7 }));
    const plan = sha256("plan");
    writeFileSync(join(root.var, "head"), `7 ${headAt(0, 7).root} ${plan}\n`);
    expect(tell(asked({ from: 7, to: 9 })).refused).toBeNull();
    expect(headOf(root)).toBe(`9 ${headAt(0, 9).root} ${plan}`);
  });

  test("shown two histories, refuses the second and keeps what shows both to anybody", () => {
    tell(asked({ from: 0, to: 9 }));
    const answer = tell(asked({ from: 9, to: 12, history: 1 }));
    expect(answer).toMatchObject({ signature: null, head: headAt(0, 9) });
    expect(answer.refused?.code).toBe("E_LOG");
    expect(headOf(root)).toBe(`9 ${headAt(0, 9).root}`);
    const fork = readFileSync(join(root.var, "head.fork"), "utf8");
    const shown = [...fork.matchAll(/([^\n]+\n\d+\n[^\n]+=\n)(-----BEGIN[\s\S]+?END[^\n]+\n)/g)];
    const heads = shown.map(([, text = "", armoured = ""]) => {
      const { publicKeyLine } = keys.log;
      const claim = { namespace: "fettle-head-v1", bytes: text, armoured, publicKeyLine } as const;
      expect(verifySshSignature(claim).ok).toBe(true);
      const head = parseHead(text);
      return head.ok ? head.value.root : null;
    });
    expect(heads).toEqual([headAt(0, 9).root, headAt(1, 12).root]);
    // Going on as if nothing had been is refused no less, and the first proof stays.
    expect(refusal(asked({ from: 9, to: 9, history: 1 }))).toBe("E_LOG");
    expect(readFileSync(join(root.var, "head.fork"), "utf8")).toBe(fork);
    expect(tell(asked({ from: 9, to: 12 })).refused).toBeNull();
  });

  test.each<[string, string, string, string?]>([
    ["a smaller head", "E_LOG", asked({ from: 5, to: 5 })],
    ["a proof from another head than the one here", "E_LOG", asked({ from: 8, to: 20 })],
    ["a head by a stranger", "E_LOG", asked({ from: 9, to: 12, by: keys.stranger })],
    ["a head by the dispatcher", "E_LOG", asked({ from: 9, to: 12, by: keys.dispatcher })],
    ["a proof cut short", "E_LOG", asked({ from: 9, to: 20 }).replace(/grow .*\n(?=end)/, "")],
    [
      "a claimed hash changed",
      "E_LOG",
      asked({ from: 9, to: 20 }).replace(/.(?=\nend\n)/, changed),
    ],
    ["a frame without its end", "E_FORMAT", asked({ from: 9, to: 12 }).replace("@end\n", "")],
    ["a frame without the head", "E_FORMAT", "@log\nfettle log 1\nfrom 9\nend\n@end\n"],
    ["a section of a job", "E_FORMAT", `@plan\nx\n${asked({ from: 9, to: 12 })}`],
    [
      "an entry in it",
      "E_FORMAT",
      asked({ from: 9, to: 12 }).replace("from 9", "entry AAAA\nfrom 9"),
    ],
    ["a way that is the server's own", "E_POLICY", asked({ from: 9, to: 12 }), "piped"],
  ])("signs nothing for %s: %s", (_name, code, text, way) => {
    tell(asked({ from: 0, to: 9 }));
    const answer = tell(text, way);
    expect(answer.signature).toBeNull();
    expect(answer.refused?.code).toBe(code);
    expect(headOf(root)).toBe(`9 ${headAt(0, 9).root}`);
  });
});

function changed(digit: string): string {
  return digit === "0" ? "1" : "0";
}
