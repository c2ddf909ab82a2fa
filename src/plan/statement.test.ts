import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256 } from "../base/digest.ts";
import { parseBody, writeBody } from "./body.ts";
import { parseLeaf, writeLeaf } from "./leaf.ts";
import { parseStatement, type Statement, writeStatement } from "./statement.ts";
import { statementDigest } from "./statement-digest.ts";
import { buildTree, nodeText, parseNode, pathFault, pathNodes } from "./tree.ts";

// The vector of the host protocol §2–3, which another implementation made.
const POLICY = "823412d1eacb67956220e532959f0104603057c88704863ca38e7cd188fda812";
const CONTENT = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";
const ROOT = "3712f672869e135b78874e663cc4fe7f5a66395e36ab7423dcc66fa935615e88";
const PLAN = "a670d043587d4cb34fd9d05f4f520d4708165c9090cf4675b2b252181f055c06";

const statement: Statement = {
  tenant: "acme",
  change: "chg-2041",
  title: "Upgrade libssl3 to 3.0.18-1~deb12u1",
  requester: "carol",
  class: "normal",
  issued: 1795290000,
  hostPolicy: 7,
  policy: POLICY,
  content: CONTENT,
  hosts: { kind: "frozen", count: 3 },
  attempts: 2,
  permit: { kind: "online" },
  revert: { kind: "order", seconds: 259200 },
  bodies: 1,
  leaves: 3,
  root: ROOT,
  waves: [
    { number: 1, ring: "canary", notBefore: 1795293600, notAfter: 1795380000 },
    { number: 2, ring: "prod", notBefore: 1795380000, notAfter: 1795800000 },
  ],
  supersedes: [],
};

const vectorBody = writeBody({
  steps: [
    {
      verb: "upgrade",
      name: "libssl3",
      arch: "amd64",
      from: "3.0.17-1~deb12u2",
      to: "3.0.18-1~deb12u1",
      sha256: sha256("a"),
    },
    { verb: "restart", unit: "nginx.service" },
    { verb: "probe", name: "web-health" },
  ],
  transactions: [],
  undo: [
    {
      at: 1,
      step: {
        verb: "downgrade",
        name: "libssl3",
        arch: "amd64",
        from: "3.0.18-1~deb12u1",
        to: "3.0.17-1~deb12u2",
        sha256: sha256("b"),
      },
    },
  ],
});

describe("the vector of the protocol", () => {
  test("the statement has the published digest", () => {
    expect(statementDigest(writeStatement(statement))).toBe(PLAN);
  });
  test("the body has the published digest", () => {
    expect(sha256(vectorBody)).toMatch(/^79703600.*642bdb45$/);
  });
  test("three leaves give the published root", () => {
    const body = sha256(vectorBody);
    const leaves = ["h-00000000000000000001", "h-00000000000000000002", "h-3f9c2a7be01d4c55a1d0"];
    const digests = leaves.map((host, index) =>
      sha256(writeLeaf({ index, wave: index === 2 ? 2 : 1, host, body, windows: [] })),
    );
    expect(buildTree(digests).root).toBe(ROOT);
  });
});

describe("what is written is read back", () => {
  test("statement, leaf and body", () => {
    expect(parseStatement(writeStatement(statement))).toEqual({ ok: true, value: statement });
    const leaf = {
      index: 2,
      wave: 2,
      host: "*",
      body: sha256("x"),
      windows: [{ from: 1795383000, to: 1795390200 }],
    };
    expect(parseLeaf(writeLeaf(leaf))).toEqual({ ok: true, value: leaf });
    const body = parseBody(vectorBody);
    expect(body.ok && writeBody(body.value)).toBe(vectorBody);
  });

  test("a rule, a lease, revert self and supersedes", () => {
    const other: Statement = {
      ...statement,
      hosts: { kind: "rule", labels: ["env=prod", "service=web"], max: 1500 },
      permit: { kind: "lease", seconds: 900 },
      revert: { kind: "self" },
      supersedes: [PLAN],
    };
    expect(parseStatement(writeStatement(other))).toEqual({ ok: true, value: other });
  });

  test("a changed byte is another statement or none", () => {
    const text = writeStatement(statement);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 0, max: 255 }), (at, code) => {
        const edited = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        const parsed = parseStatement(edited);
        // One encoding per meaning: whatever is accepted writes back to the very same bytes.
        return !parsed.ok || writeStatement(parsed.value) === edited;
      }),
      { numRuns: 2000, seed: 7 },
    );
  });
});

describe("the tree", () => {
  test("every leaf's own path leads to the root, and no other claim does", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.nat(), fc.nat(), (leaves, a, b) => {
        const digests = Array.from({ length: leaves }, (_, at) => sha256(`leaf ${at}`));
        const tree = buildTree(digests);
        const [index, other] = [a % leaves, b % leaves];
        const claim = {
          leafDigest: digests[index] ?? "",
          index,
          leaves,
          root: tree.root,
          nodes: pathNodes(tree, index),
        };
        expect(pathFault(claim)).toBeNull();
        if (other !== index) expect(pathFault({ ...claim, index: other })).not.toBeNull();
        if (leaves > 1) {
          expect(pathFault({ ...claim, nodes: claim.nodes.slice(1) })).not.toBeNull();
          expect(pathFault({ ...claim, nodes: claim.nodes.slice(0, -1) })).not.toBeNull();
        }
        const above = nodeText([tree.root]);
        expect(pathFault({ ...claim, nodes: [...claim.nodes, above] })).not.toBeNull();
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  test("a leaf is never a node and a node never a leaf", () => {
    const leaf = writeLeaf({ index: 0, wave: 1, host: "*", body: ROOT, windows: [] });
    expect(parseNode(leaf)).toBeNull();
    expect(parseLeaf(nodeText([ROOT])).ok).toBe(false);
  });

  test("a million leaves are five nodes", () => {
    const digests = Array.from({ length: 1_000_000 }, () => ROOT);
    expect(pathNodes(buildTree(digests), 999_999)).toHaveLength(5);
  });
});
