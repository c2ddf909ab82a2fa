import { readAuthenticatorData } from "../../src/base/webauthn.ts";
import { readApprovalFile } from "../../src/change/approval-file.ts";
import { readPack } from "../../src/change/approval-pack.ts";
import { parseGate, writeGate } from "../../src/fleet/gate-text.ts";
import { parseHostStatus } from "../../src/fleet/host-status.ts";
import { parseHead, parseLogProof, writeHead, writeLogProof } from "../../src/fleet/log-proof.ts";
import { parseStaged } from "../../src/fleet/staged.ts";
import {
  parseRevocation,
  parseTrustAnswers,
  writeRevocation,
} from "../../src/fleet/trust-frame.ts";
import { parseScimFilter } from "../../src/identity/scim-filter.ts";
import { parseWaysIn } from "../../src/inventory/ways-in.ts";
import { parseCosigner } from "../../src/ledger/cosignature.ts";
import { parseAddCheckpoint, writeAddCheckpoint } from "../../src/ledger/witness-judge.ts";
import { BrokenPromise, documents, type FuzzTarget, target } from "./target.ts";

/** Parsers of what decides whom to believe: proofs of the log, news about keys, answers of people. */
const digest = "ab".repeat(32);
const root = `${"A".repeat(43)}=`;
const about = `tenant acme\nhost h-3f9c2a7be01d4c55a1d0\n`;

const staged = `fettle staged 1\n${about}plan ${digest}\nindex 0\ncounter 7\nstate refused\ncode E_SPACE\nfiles 3\nkilobytes 2048\nat 1795380100\nwhy too little room\nend\n`;
const ways = `fettle ways 1\n${about}way ssh\nboot ${"0f".repeat(16)}\nissued 1795380100\npolicy ${digest}\nfound sshd-root permitrootlogin yes\nend\n`;

export const trustTargets: readonly FuzzTarget[] = [
  documents(
    "revocation",
    [`fettle revoke 1\ntenant acme\nwhat plan\nid ${digest}\nissued 1795380100\nend\n`],
    {
      parse: parseRevocation,
      write: writeRevocation,
    },
  ),
  documents(
    "gate",
    [
      `fettle gate 1\ntenant acme\nplan ${digest}\nwave 2\nevidence ${digest}\nissued 1795380100\nend\n`,
    ],
    {
      parse: parseGate,
      write: writeGate,
    },
  ),
  documents("head", [`fettle.example/log\n481223\n${root}\n`], {
    parse: parseHead,
    write: writeHead,
  }),
  target("log-proof", {
    seeds: [
      `fettle log 1\nindex 4\nentry eyJhIjoxfQ==\nleaf ${digest}\nnode ${digest} ${digest}\nfrom 3\nstart ${digest}\ngrow ${digest} - ${digest}\nend\n`,
    ],
    words: ["entry ", "start ", "grow ", " - ", "=="],
    run(text) {
      const read = parseLogProof(text);
      // What has more than one beginning, or none, is well-formed and proves nothing.
      if (!read.ok || read.value.growth?.start === "") return;
      if (writeLogProof(read.value) !== text) {
        throw new BrokenPromise("it was accepted, but is written in another way");
      }
    },
  }),
  target("host-answers", {
    seeds: [staged, ways, "refused policy 3 E_SIG no root signed it\ntaken revoke plan x\n"],
    words: ["found none -", "state staged", "code -", "taken policy ", "refused revoke "],
    run(text) {
      const lines = text.split("\n");
      const found = parseWaysIn(text)?.found.length ?? 0;
      // What a host found must not vanish on the way.
      if (found !== 0 && found !== lines.filter((line) => line.startsWith("found ")).length) {
        throw new BrokenPromise("a way in that the host found is not told");
      }
      return [parseStaged(text), parseTrustAnswers(lines), parseHostStatus(lines)];
    },
  }),
  target("add-checkpoint", {
    seeds: [`old 7\n${root}\n\nfettle.example/log\n8\n${root}\n\n— fettle.example/log AAAA\n`],
    words: ["old 0\n", "\n\n"],
    run(text) {
      const read = parseAddCheckpoint(text);
      if (read !== null && writeAddCheckpoint(read) !== text) {
        throw new BrokenPromise("it was accepted, but is written in another way");
      }
      return parseCosigner(text);
    },
  }),
  target("approval", {
    seeds: [
      JSON.stringify({ format: "fettle approval 1", plan: digest, passkey: {} }),
      JSON.stringify({
        ...{ format: "fettle approval pack 1", change: "C-1", statement: "s", leaves: ["l"] },
        ...{ bodies: ["b"], passkeys: [{ site: "https://a.example", credential: "c" }] },
      }),
      Buffer.concat([Buffer.alloc(32, 1), Buffer.from([5]), Buffer.alloc(4)]),
    ],
    run(text, input) {
      readAuthenticatorData(input);
      readPack(text);
      return readApprovalFile(text);
    },
  }),
  target("scim-filter", {
    seeds: ['userName eq "Ada" and (active eq true or not (emails[type eq "work"].value co "@"))'],
    words: [
      "eq",
      "pr",
      "not (",
      "and",
      "or",
      "[",
      "]",
      "urn:ietf:params:scim:schemas:core:2.0:User:",
      '\\"',
    ],
    run: (text) =>
      parseScimFilter(text).matches({
        ...{ userName: "ada", active: true, meta: { created: "2026-01-01T00:00:00Z" } },
        emails: [{ type: "work", value: "ada@example.org" }],
      }),
  }),
];
