import { verifierKey } from "../src/ledger/checkpoint.ts";
import { parseVerifierKey, verifyExport } from "../src/ledger/verify.ts";
import { verifyEvidence } from "../src/ledger/verify-evidence.ts";
import { verifyTiles } from "../src/ledger/verify-tiles.ts";
import {
  evidenceOf,
  exportOf,
  filesOf,
  type MadeLog,
  madeKey,
  madeLog,
  randomFrom,
  textOf,
} from "../test/builders/made-log.ts";
import { type Handed, tamperings } from "../test/builders/tamperings.ts";
import { judgeFiles } from "../test/ledger/second-verifier.ts";

/**
 * Tampers with logs in each of twenty ways at random places, and looks at as many that are good:
 * `node bench/tamper.ts [RUNS]`, 10,000 unless said otherwise. One JSON line a kind; exit code 1 when
 * one was missed, a good one was not believed, or the two verifiers of files differ.
 */
const runs = Number(process.argv[2] ?? 10_000);
const vkey = verifierKey(madeKey);
const key = parseVerifierKey(vkey);
if (key === null) throw new Error("the made key is a verifier key");
let differ = 0;

async function isGood(handed: Handed): Promise<boolean> {
  if (key === null) return false;
  if (handed.form === "evidence") return verifyEvidence(handed.text, { key }).isGood;
  if (handed.form === "export") {
    return (await verifyExport([handed.bytes], { key, knownHead: handed.known })).isGood;
  }
  const { isGood } = verifyTiles((path) => handed.files.get(path) ?? null, { key });
  if ((judgeFiles(handed.files, vkey) === true) !== isGood) differ += 1;
  return isGood;
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
let [missed, alarms] = [0, 0];
const kinds = Object.entries(tamperings);
for (const [kind, tamper] of kinds) {
  const began = performance.now();
  const each = Math.ceil(runs / kinds.length);
  let found = 0;
  let log: MadeLog | null = null;
  for (let run = 0; run < each; run += 1) {
    const random = randomFrom(run * 7_919 + 3);
    if (log === null || run % 8 === 0) {
      log = madeLog(kind.includes("prun") ? 260 + random(60) : 9 + random(120), random);
    }
    if (!(await isGood(tamper(log, random)))) found += 1;
  }
  missed += each - found;
  say({ bench: "tamper", kind, runs: each, found, seconds: (performance.now() - began) / 1000 });
}
for (let run = 0; run < runs; run += 1) {
  const random = randomFrom(run);
  const log = madeLog(8 + random(60), random);
  const forms: readonly Handed[] = [
    { form: "export", bytes: Buffer.from(textOf(exportOf(log))) },
    { form: "files", files: filesOf(log) },
    { form: "evidence", text: textOf(evidenceOf(log, random)) },
  ];
  const form = forms[run % forms.length];
  if (form !== undefined && !(await isGood(form))) alarms += 1;
}
say({ bench: "tamper", kind: "none", runs, alarms, missed, verifiersDiffer: differ });
process.exitCode = missed + alarms + differ === 0 ? 0 : 1;
