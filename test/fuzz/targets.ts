import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { doubledKeyIn } from "../../src/base/doubled-key.ts";
import { jsonFault } from "../../src/base/json-doubles.ts";
import { parseSelector, selectorToText, selects } from "../../src/base/labels.ts";
import { parsePublicKeyLine } from "../../src/base/ssh-key.ts";
import { parseSignature } from "../../src/base/sshsig.ts";
import { readIcal } from "../../src/calendar/ical-read.ts";
import { occurrences } from "../../src/calendar/occurrences.ts";
import { readRule } from "../../src/calendar/recurrence-rule.ts";
import { zoneClock } from "../../src/calendar/zone-time.ts";
import { parseAsk, writeAsk } from "../../src/fleet/ask.ts";
import { parseBundle } from "../../src/fleet/bundle.ts";
import { parseHostIdentity, writeHostIdentity } from "../../src/fleet/host-identity.ts";
import { parseHostPolicy, writeHostPolicy } from "../../src/fleet/host-policy.ts";
import { parseOrder, writeOrder } from "../../src/fleet/order.ts";
import { parseResult, writeResult } from "../../src/fleet/result.ts";
import { parseCvss } from "../../src/intel/cvss-vector.ts";
import { readFeed } from "../../src/intel/ingest.ts";
import { readPackagesIndex, readReleaseFile } from "../../src/intel/package-index.ts";
import { parseVers } from "../../src/intel/vers.ts";
import { orderOf } from "../../src/intel/versions/order.ts";
import { readAnsibleIni, readAnsibleYaml } from "../../src/inventory/ansible-inventory.ts";
import { parseCpe } from "../../src/inventory/cpe-name.ts";
import { readCsv } from "../../src/inventory/host-list.ts";
import { parseInspection } from "../../src/inventory/inspection.ts";
import { parsePurl } from "../../src/inventory/purl.ts";
import { readBill } from "../../src/inventory/read-bill.ts";
import { parseResolution } from "../../src/inventory/resolution.ts";
import { logKey, openCheckpoint, signCheckpoint } from "../../src/ledger/checkpoint.ts";
import { parseVerifierKey } from "../../src/ledger/verify.ts";
import { parseBody, writeBody } from "../../src/plan/body.ts";
import { parseLeaf, writeLeaf } from "../../src/plan/leaf.ts";
import { parseStatement, writeStatement } from "../../src/plan/statement.ts";
import { parseNode } from "../../src/plan/tree.ts";
import { noFacts, parseCondition } from "../../src/policy/case-condition.ts";
import { parseHostKey } from "../../src/reach/host-key.ts";
import { parseAnswer } from "../../src/rollout/prometheus-answer.ts";
import { policyKinds } from "../../src/triage/policy-kinds.ts";
import { webhookKey } from "../../src/watch/webhook-message.ts";
import * as good from "./documents.ts";
import { sourceTargets } from "./source-targets.ts";
import { BrokenPromise, documents, type FuzzTarget, target } from "./target.ts";
import { trustTargets } from "./trust-targets.ts";

const policyFile = (name: string): string =>
  readFileSync(new URL(`../../policies/${name}`, import.meta.url), "utf8");

const checkpointKey = logKey("fuzz.example/log", generateKeyPairSync("ed25519").privateKey);
const checkpoint = signCheckpoint(checkpointKey, 481_223, Buffer.alloc(32, 7));

const hostOutput = [
  ...["host h-00112233445566778899", "os debian 12 bookworm", "arch amd64", "clock 1700000000"],
  ...["kernel 6.1.0-18-amd64", "kernel-installed 6.1.76-1", `boot ${"0f".repeat(16)}`],
  ...["uptime 4000", "hostname web-1", "zone Europe/Berlin", "machine -", "virt none"],
  ...["reboot yes newer kernel installed", "service nginx active 812", "held vim"],
  "restart nginx: worker process\t813\t/usr/lib/libssl.so.3",
  "pkg openssl\tamd64\t3.0.11-1~deb12u1\topenssl\t3.0.11-1~deb12u1\tinstalled\tmanual",
  "pkg libssl3\tamd64\t3.0.11-1~deb12u1\topenssl\t3.0.11-1~deb12u1\thold\tauto",
  "built etcd-server\tamd64\t3.4.23-4\tgolang-1.19\t1.19.8-2",
  `offer openssl\tamd64\t3.0.13-1~deb12u1\t${"ab".repeat(32)}\t1430000\tDebian\tbookworm-security\tmain\topenssl\t3.0.13-1~deb12u1`,
  "lists ok 1699990000 -",
  "source https://user:secret@deb.example.org/debian bookworm main contrib signed",
].join("\n");

const osv = JSON.stringify({
  ...{ id: "OSV-2026-1", modified: "2026-01-01T00:00:00Z", aliases: ["CVE-2026-1"] },
  affected: [
    {
      package: { ecosystem: "npm", name: "left-pad" },
      ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "1.2.3" }] }],
    },
  ],
});
const kev = JSON.stringify({
  ...{ title: "CISA Catalog of Known Exploited Vulnerabilities", catalogVersion: "2026.01.01" },
  ...{ dateReleased: "2026-01-01T00:00:00.0Z", count: 1 },
  vulnerabilities: [{ cveID: "CVE-2026-1", dateAdded: "2026-01-01", dueDate: "2026-01-22" }],
});
const epss =
  "#model_version:v2025.03.14,score_date:2026-01-01T00:00:00Z\ncve,epss,percentile\nCVE-2026-1,0.5,0.9\n";
const tracker = JSON.stringify({
  openssl: {
    "CVE-2026-1": {
      releases: { bookworm: { status: "resolved", fixed_version: "3.0.18-1~deb12u1" } },
    },
  },
});
const cyclonedx = JSON.stringify({
  ...{ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 },
  components: [{ type: "library", name: "a", version: "1", purl: "pkg:npm/a@1" }],
});
const spdx = `SPDXVersion: SPDX-2.3\nDocumentName: d\nPackageName: a\nSPDXID: SPDXRef-a\nPackageVersion: 1\nExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1\n`;
const dpkgStatus = `Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl (3.0.17-1)\nVersion: 3.0.17-1~deb12u2\n\n`;
const ical = `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Fair\r\nDTSTART;TZID=Europe/Berlin:20261201T080000\r\nDTEND;TZID=Europe/Berlin:20261201T180000\r\nRRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=12\r\nEXDATE;TZID=Europe/Berlin:20270112T080000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;
const prometheus = JSON.stringify({
  status: "success",
  data: { resultType: "vector", result: [{ metric: { a: "b" }, value: [1795380100.5, "1.5"] }] },
});

const versionPairs = [
  "1.0-1\n1.0-2",
  "1:2.3~rc1-4+b1\n2.3",
  "1.0.0-alpha.1\n1.0.0",
  "v1.2.3\n1.2.4",
];
const orders = [
  ...[
    "Debian",
    "Red Hat",
    "Alpine",
    "npm",
    "PyPI",
    "Maven",
    "Go",
    "NuGet",
    "RubyGems",
    "Packagist",
  ],
  ...["crates.io", "Hex", "Pub", "Hackage", "CRAN", "openssl", "generic"],
].flatMap((ecosystem) => orderOf(ecosystem) ?? []);

/** RFC 5545 rules are endless; a window is asked for a handful of times. */
const OCCURRENCES_ASKED = 20;
const berlin = zoneClock("Europe/Berlin");
/** 2 November 2026 on the wall of Berlin, in seconds. */
const START = Date.UTC(2026, 10, 2) / 1_000;

export const fuzzTargets: readonly FuzzTarget[] = [
  target("bundle", {
    seeds: [good.bundle],
    words: ["@order", "@request carol ssh", "@approve bob sk", "@node1", "@log", "@gate", "@end"],
    run: (text) => parseBundle(text),
  }),
  documents("statement", [good.statement, good.ruled], {
    parse: parseStatement,
    write: writeStatement,
  }),
  documents("body", [good.body], { parse: parseBody, write: writeBody }),
  documents("leaf", [good.leaf], { parse: parseLeaf, write: writeLeaf }),
  documents("order", [good.order], { parse: parseOrder, write: writeOrder }),
  documents("ask", [good.ask], { parse: parseAsk, write: writeAsk }),
  documents("result", [good.result], { parse: parseResult, write: writeResult }),
  documents("identity", [good.identity], { parse: parseHostIdentity, write: writeHostIdentity }),
  documents("host-policy", [good.hostPolicy], { parse: parseHostPolicy, write: writeHostPolicy }),
  target("proof", {
    seeds: [`fettle node 1\n${"0".repeat(64)}\n${"f".repeat(64)}\nend\n`],
    run: (text) => parseNode(text),
  }),
  target("checkpoint", {
    seeds: [checkpoint],
    words: ["— ", "fuzz.example/log"],
    run(text) {
      const opened = openCheckpoint(checkpointKey, text);
      const isOurs = text.startsWith(checkpoint.slice(0, checkpoint.indexOf("\n\n") + 2));
      if (opened !== null && !isOurs)
        throw new BrokenPromise("a body that nobody signed was taken");
      return parseVerifierKey(text);
    },
  }),
  target("signature", {
    seeds: [good.signature],
    run: (text) => [parseSignature(text), parsePublicKeyLine(text), parseHostKey(text)],
  }),
  target("inventory", {
    seeds: [cyclonedx, spdx, dpkgStatus, "openssl-libs-3.0.7-1.el9.x86_64\n", "pkg:npm/a@1\n"],
    words: ["bomFormat", "SPDXID", "Package: ", "\n\n", "pkg:", "components", "purl", "xmlns"],
    run: (_text, input) => readBill({ bytes: input, release: "debian:12" }),
  }),
  target("host-output", {
    seeds: [hostOutput, "problem apt said no\n"],
    words: ["pkg ", "offer ", "\t", "runtime ", "built ", "zone ", "move ", "around ", "problem "],
    run: (text) => {
      const lines = text.split("\n");
      const read = [parseInspection(lines), parseResolution(lines)];
      // In an address; a change may also cut it out of one, where nobody knows it for a password.
      if (/\/\/[^/\s"\\]*user:secret@/.test(JSON.stringify(read))) {
        throw new BrokenPromise("the password of a repository was kept");
      }
    },
  }),
  ...sourceTargets,
  ...trustTargets,
  target("feeds", {
    seeds: [osv, kev, epss, tracker],
    words: ["affected", "ranges", "events", "introduced", "fixed", "cveID", "epss", "releases"],
    run: (_text, input) => readFeed(input),
  }),
  target("package-index", {
    seeds: [dpkgStatus, "Origin: Debian\nSuite: stable\nDate: Sat, 21 Nov 2026 10:00:00 UTC\n"],
    run: (text) => [readPackagesIndex(text), readReleaseFile(text)],
  }),
  ...policyKinds.map((kind) =>
    target(`policy-${kind.kind}`, {
      seeds: [policyFile(kind.name)],
      words: ["format: 1", "rules:", "when:", "&a", "*a", "<<:", "!!js/function", "|-", "? "],
      run: (text) => kind.parse(text, kind.name),
    }),
  ),
  target("condition", {
    seeds: ["kev && epss > 0.5", "cvss >= 9.0 || exploited"],
    words: ["&&", "||", "!", "in", "size(", ".exists(x, x)", "matches(", "? :", "[1,2].map(x, x)"],
    run: (text) => parseCondition(text, "rule 1").holds(noFacts),
  }),
  target("selector", {
    seeds: ["env=prod,service in (web,api),!legacy", "all"],
    words: ["in (", "notin (", "!=", "!", ",", "=="],
    run(text) {
      const selector = parseSelector(text);
      selects(selector, { env: "prod" });
      if (selectorToText(parseSelector(selectorToText(selector))) !== selectorToText(selector)) {
        throw new BrokenPromise("a selector changes when it is written and read again");
      }
    },
  }),
  target("window-rule", {
    seeds: ["FREQ=MONTHLY;BYDAY=2TU,-1FR;BYHOUR=2;COUNT=9", "FREQ=YEARLY;BYWEEKNO=20;WKST=SU"],
    words: [
      "BYSETPOS=-1",
      "BYYEARDAY=-366",
      "BYMONTH=2",
      "BYMONTHDAY=31",
      "FREQ=SECONDLY",
      "UNTIL=",
    ],
    run(text) {
      const rule = readRule(text);
      let left = OCCURRENCES_ASKED;
      for (const _each of occurrences({ rule, start: START, shiftDays: 0 }, berlin))
        if (--left === 0) break;
    },
  }),
  target("calendar", {
    seeds: [ical],
    words: [
      "BEGIN:VEVENT",
      "END:VEVENT",
      "RDATE:",
      "RECURRENCE-ID:",
      "DURATION:PT1H",
      "VALUE=DATE:",
    ],
    run: (text) =>
      readIcal(text, { kind: "freeze", name: "fuzz", hosts: [], passesEmergency: false }),
  }),
  target("host-lists", {
    seeds: [
      "host,address,labels\nweb-1,10.0.0.1,env=prod\n",
      "[web]\nweb-1 ansible_host=10.0.0.1\n",
    ],
    words: ["ansible_host=", "[all:vars]", "[web:children]", "web-[01:50]", "all:\n  hosts:\n"],
    run: (text) => [readCsv(text), readAnsibleIni(text), readAnsibleYaml(text)],
  }),
  target("metrics-answer", {
    seeds: [prometheus],
    words: ["matrix", "scalar", "values", "NaN", "+Inf", "status"],
    run: (text) => parseAnswer(text),
  }),
  target("webhook-key", {
    seeds: [`whsec_${Buffer.alloc(32, 1).toString("base64")}`],
    run: (text) => webhookKey(text),
  }),
  target("json-body", {
    seeds: ['{"a":[1,{"b":null}],"a":2}'],
    run(text) {
      const fault = jsonFault(text, { depthMax: 32, keysMax: 1_000, refusesReserved: true });
      if (!isJson(text)) return;
      const doubled = doubledKeyIn(text);
      if (fault === null && doubled !== null) {
        throw new BrokenPromise(`two readers disagree whether ${doubled} is named twice`);
      }
    },
  }),
  target("names", {
    seeds: [
      ...[
        "pkg:deb/debian/openssl@3.0.17?arch=amd64",
        "cpe:2.3:a:openssl:openssl:3.0:*:*:*:*:*:*:*",
      ],
      ...["vers:deb/>=1.0|<2.0", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"],
    ],
    words: ["pkg:", "cpe:/", "vers:npm/", "CVSS:4.0/", "%", "\\:", "|", "*"],
    run: (text) => [parsePurl(text), parseCpe(text), parseVers(text), parseCvss(text)],
  }),
  target("versions", {
    seeds: versionPairs,
    words: ["~", "^", "+", "-", ":", "_", "rc", "alpha", "dev", "git", "p"],
    run(text) {
      const [left = "", right = ""] = text.split("\n");
      for (const order of orders) {
        const there = order(left, right);
        const back = order(right, left);
        const isFair =
          there === null ? back === null : back !== null && Math.sign(there) === -Math.sign(back);
        if (!isFair) throw new BrokenPromise("which is newer depends on who is named first");
      }
    },
  }),
];

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
