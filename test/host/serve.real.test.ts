import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../../src/base/digest.ts";
import { verifySshSignature } from "../../src/base/sshsig.ts";
import { type Ask, parseAsk } from "../../src/fleet/ask.ts";
import { EMPTY_HEAD, type Order, signOrder } from "../../src/fleet/order.ts";
import { parseResult, type Result } from "../../src/fleet/result.ts";
import { buildScene, type Draft, goodDraft, makeKeys, NOW } from "../corpus/scene.ts";
import { clockOf, layHost, makeHostRoot, shells, stateDigest } from "./host-root.ts";
import { Talk } from "./talk.ts";

const isRoot = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), "fettle-serve-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keys = makeKeys(join(folder, "keys"));

/** A worker that asks for one permit, journals what it heard and reports; it touches nothing. */
const WORKER = `
now_s() { say ${NOW}; }
worker_main() {
  say "RECEIVED at=1 change=$J_CHANGE" >>"$VAR/job/journal"
  permit_clock
  make_ask apply staged || { say "$E_CODE $E_FACTS" >&2; return 1; }
  tries=0
  while [ ! -e "$VAR/job/answer" ] && [ "$tries" -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  rm -f "$VAR/job/ask" "$VAR/job/asksig"
  if check_permit "$VAR/job/answer.text" apply; then
    say "DONE at=2 seconds=$PERMIT_SECONDS" >>"$VAR/job/journal"
    mkdir -p "$VAR/seen" && say "done $J_ATTEMPT" >"$VAR/seen/$J_PLAN"
    emit_result done -
  else
    say "HELD at=2 note=$E_CODE $E_FACTS" >>"$VAR/job/journal"
    emit_result held "$E_CODE"
  fi
  : >"$VAR/job/reported"
}
status_main() { say @status; say @end; }
inspect_main() { say @inspect; say "refresh \${1:-no}"; say @end; }
`;

describe.runIf(isRoot).each(shells)("the connection under $name", (shell) => {
  const home = join(folder, shell.name.replaceAll(" ", "-"));
  const root = makeHostRoot(home, shell, WORKER);
  const hostKey = join(home, "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ecdsa", "-m", "PKCS8", "-N", "", "-f", hostKey]);
  const publicKeyLine = readFileSync(`${hostKey}.pub`, "utf8").trim();
  let draft: Draft;
  beforeEach(() => {
    draft = goodDraft(keys);
  });

  function open(way: "serve" | "piped" = "serve"): Talk {
    return new Talk([...shell.argv, root.program, way]);
  }
  function start(prepare: () => void = () => undefined): { talk: Talk; plan: string } {
    const scene = buildScene(keys, draft);
    layHost(root, scene);
    // ssh-keygen wants the public half beside a PKCS8 key before it signs.
    for (const half of ["key", "key.pub"]) {
      writeFileSync(join(root.var, half), readFileSync(join(home, half)), { mode: 0o600 });
    }
    prepare();
    const talk = open();
    talk.send(`apply\n${scene.arrival.text}`);
    return { talk, plan: scene.plan };
  }
  async function ask(talk: Talk): Promise<Ask> {
    const { text, signature } = await talk.signed("ask");
    const claim = { namespace: "fettle-ask-v1", bytes: text, armoured: signature } as const;
    expect(verifySshSignature({ ...claim, publicKeyLine })).toMatchObject({ ok: true });
    const parsed = parseAsk(text);
    if (!parsed.ok) throw new Error(parsed.why);
    return parsed.value;
  }
  async function result(talk: Talk): Promise<Result> {
    const { text, signature } = await talk.signed("result");
    const claim = { namespace: "fettle-result-v1", bytes: text, armoured: signature } as const;
    expect(verifySshSignature({ ...claim, publicKeyLine })).toMatchObject({ ok: true });
    const parsed = parseResult(text);
    if (!parsed.ok) throw new Error(`${parsed.why}\n${text}`);
    return parsed.value;
  }
  /** What the result's signature says about the lines that came before it on this connection. */
  function journalOf(talk: Talk): string {
    const lines = talk.said.filter((line) => line.startsWith("@journal "));
    return sha256(lines.map((line) => `${line.slice("@journal ".length)}\n`).join(""));
  }
  function answer(talk: Talk, asked: Ask, change: Partial<Order> = {}): void {
    const { kind, tenant, host, plan, index, attempt, epoch, nonce } = asked;
    const about = { kind, tenant, host, plan, index, attempt, epoch, nonce };
    const times = { counter: NOW * 1000 + 1, issued: NOW, until: NOW + 60, ttl: 3 };
    const order = signOrder({ ...about, ...times, log: EMPTY_HEAD, ...change }, keys.dispatcher);
    talk.send(`@order\n${order.text}@ordersig\n${order.signature}@end\n`);
  }

  test("a job is accepted, permitted, done, reported and acknowledged", async () => {
    const { talk, plan } = start();
    expect(await talk.line()).toBe("fettle-host 1 ready");
    expect(await talk.line()).toBe(`@accepted ${plan} 1`);
    const asked = await ask(talk);
    expect(asked).toMatchObject({ kind: "apply", plan, index: 2, attempt: 1, epoch: 12 });
    answer(talk, asked);
    expect(await talk.until("@journal DONE")).toContain("seconds=3");
    const told = await result(talk);
    expect(told).toMatchObject({ state: "done", code: "-", way: "ssh", plan });
    expect(told.journal).toBe(journalOf(talk));
    expect(told.approvals).toEqual([
      { person: "alice", class: "ssh" },
      { person: "bob", class: "ssh" },
    ]);
    talk.send(`@ack ${told.counter}\n@end\n`);
    expect(await talk.until("@idle")).toBe("@idle");
    talk.send("inspect\n");
    expect(await talk.rest()).toEqual(["@inspect", "refresh no", "@end"]);
    expect(readdirSync(join(root.var, "results"))).toEqual([]);
    expect(clockOf(root)).toEqual({ counter: NOW * 1000 + 1, floor: NOW });
    expect(talk.errors).toBe("");
  });

  test("the connection dies: the worker goes on, and resume brings its result", async () => {
    const { talk } = start();
    await talk.until("@accepted");
    const first = await ask(talk);
    talk.drop();
    const again = open();
    again.send("resume\n");
    const asked = await ask(again);
    expect(asked.nonce).toBe(first.nonce);
    answer(again, asked);
    const told = await result(again);
    expect(told.state).toBe("done");
    again.drop();
    const third = open();
    third.send("resume\n");
    const same = await result(third);
    expect(same).toEqual(told);
    expect(told.journal).toBe(journalOf(third));
    third.send(`@ack ${same.counter}\n@end\n`);
    expect(await third.rest()).toEqual(["@idle"]);
  });

  test.each<[string, Partial<Order>]>([
    ["another nonce", { nonce: "0".repeat(32) }],
    ["another host", { host: "h-1" }],
    ["another plan", { plan: "0".repeat(64) }],
    ["another kind", { kind: "reboot" }],
    ["another attempt", { attempt: 2 }],
    ["a life of 11 seconds", { ttl: 11 }],
    ["a counter seen before", { counter: NOW * 1000 }],
    ["a counter far ahead", { counter: (NOW + 301) * 1000 }],
    ["a clock 301 s apart", { issued: NOW - 301 }],
    ["an end that is past", { until: NOW - 1 }],
  ])("a permit with %s starts nothing", async (_, change) => {
    const { talk } = start();
    answer(talk, await ask(talk), change);
    expect(await talk.until("@journal HELD")).toContain("E_PERMIT");
    const told = await result(talk);
    expect(told).toMatchObject({ state: "held", code: "E_PERMIT" });
  });

  test("the epoch of a permit is the server's business", async () => {
    const { talk } = start();
    answer(talk, await ask(talk), { epoch: 13 });
    expect((await result(talk)).state).toBe("done");
  });

  test("a permit by another key starts nothing", async () => {
    const { talk } = start();
    const asked = await ask(talk);
    const { kind, tenant, host, plan, index, attempt, epoch, nonce } = asked;
    const about = { kind, tenant, host, plan, index, attempt, epoch, nonce, log: EMPTY_HEAD };
    const times = { counter: NOW * 1000 + 1, issued: NOW, until: NOW + 60, ttl: 3 };
    const order = signOrder({ ...about, ...times }, keys.stranger);
    talk.send(`@order\n${order.text}@ordersig\n${order.signature}@end\n`);
    expect((await result(talk)).code).toBe("E_PERMIT");
  });

  test("a halt between ask and permit holds", async () => {
    const { talk } = start();
    const asked = await ask(talk);
    writeFileSync(join(root.etc, "halt"), "");
    answer(talk, asked);
    expect((await result(talk)).code).toBe("E_HALTED");
  });

  test("a refusal of a genuine order comes back signed and leaves nothing behind", async () => {
    draft.approvals.pop();
    const { talk, plan } = start();
    expect(await talk.until("@journal REFUSED")).toContain("code=E_THRESHOLD");
    const before = stateDigest(root);
    const told = await result(talk);
    expect(told).toMatchObject({ state: "refused", code: "E_THRESHOLD", plan });
    expect(told.journal).toBe(journalOf(talk));
    talk.send(`@ack ${told.counter}\n@end\n`);
    expect(await talk.rest()).toEqual([]);
    expect(existsSync(join(root.var, "job"))).toBe(false);
    expect(before).not.toBe("");
    // Step 9: an order counts once, also one that is refused for what comes after that step.
    expect(clockOf(root)).toEqual({ counter: NOW * 1000, floor: NOW });
    expect(readdirSync(root.var).sort()).toEqual(
      [
        "anchor",
        "clock",
        "key",
        "key.pub",
        "lock",
        "policyfloor",
        "resultcounter",
        "resultlock",
      ].sort(),
    );
  });

  test("an order by a stranger is refused without a signature of ours", async () => {
    draft.orderBy = keys.stranger;
    const { talk } = start();
    expect(await talk.until("@refused")).toMatch(/^@refused E_SIG /);
    expect(await talk.rest()).toEqual([]);
  });

  test.each([
    ["falls silent", /^@refused E_SLOW nothing came/],
    ["hands out a byte now and then", /^@refused E_SLOW the bundle took over/],
  ])("U10 a sender that %s is refused, and leaves nothing behind", async (what, refusal) => {
    const hasty = join(home, "hasty");
    const text = readFileSync(root.program, "utf8");
    const limits = /^BUNDLE_READ_S=60\nBUNDLE_TOTAL_S=300$/m;
    expect(text).toMatch(limits);
    writeFileSync(hasty, text.replace(limits, "BUNDLE_READ_S=1\nBUNDLE_TOTAL_S=1"));
    const { arrival } = buildScene(keys, draft);
    layHost(root, buildScene(keys, draft));
    const before = stateDigest(root);
    const talk = new Talk([...shell.argv, hasty, "serve"]);
    talk.send(`apply\n${arrival.text.slice(0, 500)}`);
    let at = 500;
    const drip = () => talk.send(arrival.text[at++] ?? "");
    const drips = what === "falls silent" ? undefined : setInterval(drip, 150);
    try {
      expect(await talk.until("@refused")).toMatch(refusal);
    } finally {
      clearInterval(drips);
    }
    expect(await talk.rest()).toEqual([]);
    expect(stateDigest(root)).toBe(before);
  });

  test("the same order again is a replay; the same plan again brings the recorded result", async () => {
    const { talk, plan } = start();
    const scene = buildScene(keys, draft);
    answer(talk, await ask(talk));
    const told = await result(talk);
    talk.send(`@ack ${told.counter}\n@end\n`);
    await talk.rest();
    draft.order = { counter: NOW * 1000 + 2 };
    const replay = open();
    replay.send(`apply\n${buildScene(keys, draft).arrival.text}`);
    expect(await replay.until("@journal REFUSED")).toContain(`code=E_REPLAY`);
    expect(await result(replay)).toEqual(told);
    const old = open();
    old.send(`apply\n${scene.arrival.text}`);
    expect(await old.until("@journal REFUSED")).toContain("was seen before");
    expect(plan).toBe(scene.plan);
  });

  test("a second job while one runs is told to wait", async () => {
    const { talk } = start();
    const asked = await ask(talk);
    const second = open();
    draft.order = { counter: NOW * 1000 + 5 };
    second.send(`apply\n${buildScene(keys, draft).arrival.text}`);
    expect(await second.until("@refused")).toMatch(/^@refused E_BUSY /);
    answer(talk, asked);
    expect((await result(talk)).state).toBe("done");
  });

  test("a plan that a verified plan supersedes never starts here any more", async () => {
    const { talk, plan } = start();
    answer(talk, await ask(talk));
    talk.send(`@ack ${(await result(talk)).counter}\n@end\n`);
    await talk.rest();
    draft = goodDraft(keys);
    draft.statement = { supersedes: [plan, "0".repeat(64)] };
    draft.order = { counter: NOW * 1000 + 9 };
    const next = open();
    next.send(`apply\n${buildScene(keys, draft).arrival.text}`);
    await next.until("@accepted");
    expect(existsSync(join(root.var, "revoked", "0".repeat(64)))).toBe(true);
    answer(next, await ask(next), { counter: NOW * 1000 + 10 });
    expect((await result(next)).state).toBe("done");
  });

  test("the other verbs answer, and enrolment over the server's own way in is refused", async () => {
    layHost(root, buildScene(keys, draft));
    const asks: [string, string[]][] = [
      ["status", ["@status", "@end"]],
      ["inspect", ["@inspect", "refresh no", "@end"]],
      ["inspect refresh", ["@inspect", "refresh refresh", "@end"]],
      ["resume", ["@idle"]],
      ["rm -rf /", ["@refused E_VERB unknown verb"]],
    ];
    for (const [verb, lines] of asks) {
      const talk = open();
      talk.send(`${verb}\n`);
      expect(await talk.rest()).toEqual(["fettle-host 1 ready", ...lines]);
    }
    const talk = open();
    talk.send("enrol\n");
    expect(await talk.until("@refused")).toMatch(/^@refused E_POLICY /);
  });

  test("§5: outcomes of plans whose last wave is long over are forgotten, open ones never", async () => {
    const seen = join(root.var, "seen");
    const DAY = 86_400;
    const kept = [`open 1 ${NOW - 9 * DAY}`, `done 1 ${NOW - DAY}`, "failed 1"];
    const gone = [`done 1 ${NOW - DAY - 1}`, `reverted 2 ${NOW - 9 * DAY}`];
    const name = (line: string): string => sha256(line);
    const { talk } = start(() => {
      mkdirSync(seen);
      for (const line of [...kept, ...gone]) writeFileSync(join(seen, name(line)), `${line}\n`);
    });
    await talk.until("@accepted");
    expect(readdirSync(seen).sort()).toEqual(kept.map(name).sort());
    answer(talk, await ask(talk));
    await result(talk);
  });

  test("leftovers of a connection that died are swept away", async () => {
    const { talk } = start();
    answer(talk, await ask(talk));
    await result(talk);
    talk.drop();
    expect(readdirSync(root.var).filter((name) => name.startsWith("in."))).toEqual([]);
  });
});
