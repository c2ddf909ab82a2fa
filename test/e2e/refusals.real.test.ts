import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LabHost } from "../../lab/host.ts";
import { effectiveUser } from "../../lab/machine.ts";
import type { Digest } from "../../src/base/digest.ts";
import { runCommand } from "../../src/base/run-command.ts";
import {
  type MachineKey,
  makeMachineKey,
  openMachineKey,
  signDocument,
} from "../../src/base/sshsig.ts";
import { signWithSshKey } from "../../src/cli/ssh-sign.ts";
import { ask } from "../../src/client/client.ts";
import { type Bundle, writeBundle } from "../../src/fleet/bundle.ts";
import { EMPTY_HEAD, type Order, signOrder } from "../../src/fleet/order.ts";
import { machineKey } from "../../src/fleet/store-keys.ts";
import { writeRevocation, writeTrustFrame } from "../../src/fleet/trust-frame.ts";
import { buildTree, pathNodes } from "../../src/plan/tree.ts";
import { buildLog } from "../corpus/log-scene.ts";
import {
  approve,
  type Fleet,
  hasEnded,
  installed,
  type Person,
  type Prepared,
  pictureOf,
  prepare,
  ringsPolicy,
  scan,
  startFleet,
  targetOf,
  targetsOf,
  until,
  untilRollout,
  whole,
} from "./fleet.ts";
import { addInstalledHost } from "./installed-host.ts";

/**
 * U26, a stolen server: its SSH key and its keys for orders and the log are used by hand, over the one
 * way in that it has. Each wrong job is refused with its code, and neither dpkg's database nor the host's own state
 * changes; the right one, signed by two people, is carried out.
 */

const SOURCE = "lab-good";

interface Signed {
  readonly statement: string;
  readonly leaves: readonly { readonly digest: Digest; readonly text: string }[];
  readonly body: string;
  /** SSHSIG by person. */
  readonly approvals: ReadonlyMap<string, string>;
}

describe.skipIf(effectiveUser() !== 0)("a host that two people must have convinced", whole, () => {
  let fleet: Fleet;
  let erin: Person;
  let host: LabHost;
  let prepared: Prepared;
  let signed: Signed;
  const ids = new Map<string, string>();
  let counter = Date.now();

  beforeAll(async () => {
    fleet = await startFleet({ name: "refuse", hosts: 2, sources: "own" });
    host = fleet.lab.host("web-1");
    erin = await fleet.addPerson("erin", "approver");
    const { alice, bob } = fleet;
    for (const one of fleet.lab.hosts) {
      await fleet.lab.installBad(one, SOURCE);
      // The second one knows no key of the server, only its authority.
      const by = one === host ? "key" : "certificate";
      ids.set(one.name, await addInstalledHost(fleet, one, [alice, bob, erin], by));
    }
    await scan(fleet, fleet.lab.hosts);
    prepared = await prepare(fleet, { source: SOURCE, rings: ringsPolicy({ need: 2 }) });
    signed = await signedBy([alice, bob, erin]);
  }, 300_000);

  afterAll(async () => {
    await fleet?.close();
  }, 120_000);

  test("its one way in runs nothing that is asked for, and no terminal", async () => {
    const said = await connect("", ["id;", "touch", "/root/was-here"]);
    expect(said).toBe("fettle-host 1 ready\n");
    expect((await host.exec(["test", "-e", "/root/was-here"])).code).not.toBe(0);
  });

  const other = openMachineKey(makeMachineKey().privateKeyPem);
  const past = (): Partial<Order> => {
    const issued = Math.floor(Date.now() / 1000) - 200;
    return { issued, until: issued + 100 };
  };

  const future = (): Partial<Order> => {
    const issued = Math.floor(Date.now() / 1000) + 400;
    return { issued, until: issued + 100 };
  };
  const serverKey = (): MachineKey => machineKey(fleet.server.state, "dispatcher");
  const longText = `${"x".repeat(1000)}\n`.repeat(1100);

  test.each<[string, string, () => string]>([
    ["signed by another key", "E_SIG", () => job({}, { key: other })],
    ["whose order expired", "E_TIME", () => job(past())],
    ["for another host", "E_AUDIENCE", () => job({ host: ids.get("web-2")!, index: 1 })],
    ["of another leaf", "E_AUDIENCE", () => job({ index: 1 })],
    ["with one approval", "E_THRESHOLD", () => job({}, { by: ["bob"] })],
    ["with the requester's own approval", "E_SOD", () => job({}, { by: ["alice", "bob"] })],
    ["whose second approval is the first one's", "E_SIG", () => job({}, { as: ["bob", "erin"] })],
    ["with other steps than were signed", "E_DIGEST", () => job({}, { body: otherSteps })],
    ["that is cut off in the middle", "E_FORMAT", () => job().slice(0, 2_000)],
    [
      "that ends without its last section",
      "E_FORMAT",
      () => job().replace(/@body[\s\S]*/, "@end\n"),
    ],
    ["that a stranger approved in a name", "E_SIG", () => job({}, { forged: { by: other } })],
    [
      "that the dispatcher approved itself",
      "E_SIG",
      () => job({}, { forged: { by: serverKey() } }),
    ],
    ["approved by nobody known", "E_KEY", () => job({}, { forged: { by: other, as: "mallory" } })],
    [
      "approved by a class of key nobody has",
      "E_KEY",
      () => job({}, { forged: { class: "desk" } }),
    ],
    [
      "whose request is shown as approval",
      "E_SIG",
      () => job({}, { forged: { purpose: "request" } }),
    ],
    ["of another tenant", "E_AUDIENCE", () => job({ tenant: "evil" })],
    ["whose counter is far ahead", "E_TIME", () => job({ counter: Date.now() + 900_000 })],
    ["from the future", "E_TIME", () => job(future())],
    ["that is a permit", "E_PERMIT", () => job({ kind: "apply", ttl: 3, nonce: "0".repeat(32) })],
    ["that reverts what never ran", "E_PERMIT", () => job({ kind: "revert" })],
    ["of an attempt nobody approved", "E_REPLAY", () => job({ attempt: 99 })],
    [
      "that may be tried more often",
      "E_SIG",
      () => job().replace(/^attempts \d+$/m, "attempts 99"),
    ],
    [
      "for a longer time",
      "E_TIME",
      () => job().replace(/^(wave 1 \S+ \d+) \d+$/m, "$1 1999999999999"),
    ],
    ["without the order's signature", "E_FORMAT", () => job().replace(/@ordersig[^@]*/, "")],
    ["with a section nobody knows", "E_FORMAT", () => job().replace("@leaf", "@run\nid\n@leaf")],
    ["that is too long", "E_SIZE", () => job().replace("@leaf", `@leaf\n${longText}`)],
    ["that the ledger was never shown to hold", "E_LOG", () => job()],
    ["with the proof of another plan", "E_LOG", () => job({}, { log: { plan: "0".repeat(64) } })],
    ["with a head that the log never signed", "E_LOG", () => job({}, { log: { by: serverKey() } })],
  ])("a job %s is refused with %s and changes nothing", async (_what, code, make) => {
    const before = await stateOf();
    const said = await connect(`apply\n${make()}`);
    expect(codesOf(said), said).toEqual([code]);
    expect(await stateOf()).toBe(before);
  });

  test("U25 no policy and no revocation that the server signed itself is taken", async () => {
    const before = await stateOf();
    const text = (await host.must(["cat", "/etc/fettle/policy"])).replace("version 1", "version 2");
    const own = serverKey();
    const signature = signDocument({ namespace: "fettle-policy-v1", key: own, bytes: text });
    const roots = (["old", "new"] as const).map((side) => ({ name: "r1", side, signature }));
    const issued = Math.floor(Date.now() / 1000);
    const revoke = writeRevocation({ tenant: "fettle", what: "plan", id: prepared.plan, issued });
    const revoked = signDocument({ namespace: "fettle-revoke-v1", key: own, bytes: revoke });
    const by = { text: revoke, signature: revoked } as const;
    const frame = writeTrustFrame({
      revocations: [
        { ...by, signer: "bob", class: "ssh" },
        { ...by, signer: "r1", class: "root" },
      ],
      policies: [{ version: 2, text, roots }],
    });
    const said = await connect(`trust\n${frame}`);
    expect(said.match(/^refused .*? E_[A-Z]+/gm), said).toEqual([
      "refused revoke 1 E_SIG",
      "refused revoke 2 E_SIG",
      "refused policy 2 E_POLICY",
    ]);
    // The same by the server's own API, which only carries it.
    const params = { path: { host: "web-1" } };
    const { client } = fleet.alice;
    const told = await ask(client.POST("/api/v1/hosts/{host}/trust", { params, body: { frame } }));
    expect(told.answers.map(({ code }) => code)).toEqual(["E_SIG", "E_SIG", "E_POLICY"]);
    expect(codesOf(await connect("enrol\n@end\n"))).toEqual(["E_POLICY"]);
    expect(await stateOf()).toBe(before);
  });

  test("an order that was refused once is not taken again with all approvals", async () => {
    const order = { counter: nextCounter() };
    expect(codesOf(await connect(`apply\n${job(order, { by: ["bob"] })}`))).toEqual([
      "E_THRESHOLD",
    ]);
    const before = await stateOf();
    expect(codesOf(await connect(`apply\n${job(order)}`))).toEqual(["E_REPLAY"]);
    expect(await stateOf()).toBe(before);
  });

  test("with two people's approvals the rollout is carried out and verified", async () => {
    await approve(fleet.bob, prepared.change);
    await approve(erin, prepared.change);
    // Its people take the authority away while the rollout is under way: nothing gets in until it is back.
    const second = fleet.lab.host("web-2");
    const [lines, away] = ["/root/.ssh/authorized_keys", "/root/.ssh/away"];
    await second.must(["mv", lines, away]);
    const body = { change: prepared.change };
    const { ref } = await ask(fleet.alice.client.POST("/api/v1/rollouts", { body }));
    await until("web-2 to let nobody in", 60_000, async () => {
      return JSON.stringify(await targetOf(fleet, ref, "web-2")).includes("authentication");
    });
    expect(await installed(second, SOURCE)).toBe("1.0 installed");
    await second.must(["mv", away, lines]);
    const rollout = await untilRollout(fleet, ref, hasEnded);
    expect(rollout.state, await pictureOf(fleet, ref)).toBe("finished");
    expect(rollout.ways).toMatchObject({ installed: 2, piped: 0, weakens: [] });
    for (const target of await targetsOf(fleet, ref)) {
      expect(target).toMatchObject({ standing: "verified", way: "ssh" });
    }
    for (const one of fleet.lab.hosts) {
      expect(await installed(one, SOURCE)).toBe("2.0 installed");
    }
  });

  test("web-2 knows the authority alone, and each certificate of a job was for it and written down", async () => {
    const second = fleet.lab.host("web-2");
    const kept = (await second.must(["cat", "/root/.ssh/authorized_keys"])).trim().split("\n");
    const id = ids.get("web-2")!;
    expect(kept.map((line) => line.replace(/ ecdsa-.*/, ""))).toEqual(
      ["job", "look"].map((purpose) => {
        const command = `/usr/sbin/fettle-host serve${purpose === "look" ? " look" : ""}`;
        return `restrict,cert-authority,principals="fettle-${purpose}-${id}",command="${command}"`;
      }),
    );
    const params = { query: { type: "certificate.issued", limit: 200 } };
    const { items } = await ask(fleet.alice.client.GET("/api/v1/audit/events", { params }));
    const given = items.map(({ facts }) => String(facts["principal"]));
    expect(new Set(given)).toEqual(new Set([`fettle-job-${id}`, `fettle-look-${id}`]));
    // One for the connection that was let in nowhere, one for the job.
    expect(given.filter((name) => name.startsWith("fettle-job-")).length).toBeGreaterThan(1);
  });

  test("the same job with a new order is answered with its recorded result", async () => {
    const before = await stateOf();
    const said = await connect(`apply\n${job({ attempt: 1, counter: Date.now() + 1_000 })}`);
    expect(codesOf(said), said).toEqual(["E_REPLAY"]);
    expect(said).toContain("\nstate done\n");
    expect(await stateOf()).toBe(before);
  });

  async function signedBy(people: readonly Person[]): Promise<Signed> {
    const { client } = fleet.alice;
    const params = { path: { plan: prepared.plan } };
    const plan = await ask(client.GET("/api/v1/plans/{plan}", { params }));
    const page = await ask(client.GET("/api/v1/plans/{plan}/leaves", { params }));
    const namespace = "fettle-approve-v1";
    const approvals = new Map<string, string>();
    for (const { handle, key } of people) {
      const asked = { key, namespace, text: plan.statement };
      approvals.set(handle, await signWithSshKey(asked));
    }
    const leaves = page.items.map(({ digest, text }) => ({ digest: digest as Digest, text }));
    return { statement: plan.statement, leaves, body: plan.bodies[0]!.text, approvals };
  }

  function nextCounter(): number {
    counter += 1;
    return counter;
  }

  /** A job for web-1 that is right in everything but what is given. */
  function job(
    order: Partial<Order> = {},
    wrong: {
      readonly key?: typeof other;
      readonly by?: readonly string[];
      /** Names that all carry the first one's signature. */
      readonly as?: readonly string[];
      readonly body?: (body: string) => string;
      /** The second approval. */
      readonly forged?: {
        readonly by?: MachineKey;
        readonly as?: string;
        readonly class?: "desk";
        readonly purpose?: "request";
      };
      /** A log of the thief's own making. */
      readonly log?: { readonly plan?: string; readonly by?: MachineKey };
    } = {},
  ): string {
    const key = wrong.key ?? machineKey(fleet.server.state, "dispatcher");
    const tree = buildTree(signed.leaves.map((leaf) => leaf.digest));
    const mine = signed.leaves.findIndex((leaf) => leaf.text.includes(ids.get("web-1")!));
    const issued = Math.floor(Date.now() / 1000);
    const proof = wrong.log === undefined ? null : ownLog(wrong.log);
    const made = signOrder(
      {
        ...{ kind: "dispatch", tenant: "fettle", host: ids.get("web-1")!, plan: prepared.plan },
        ...{ index: mine, attempt: 1, epoch: 1, counter: nextCounter() },
        ...{ issued, until: issued + 300, ttl: 0, nonce: "-" },
        log: proof?.head ?? EMPTY_HEAD,
        ...order,
      },
      key,
    );
    const people = wrong.as ?? wrong.by ?? ["bob", "erin"];
    const { forged } = wrong;
    const bundle: Bundle = {
      order: made.text,
      orderSignature: made.signature,
      plan: signed.statement,
      gates: [],
      log: proof?.log ?? null,
      request: null,
      approvals: people.map((person) => {
        const signature = signed.approvals.get(wrong.as === undefined ? person : people[0]!)!;
        if (forged === undefined || person === "bob") return { person, class: "ssh", signature };
        const namespace = `fettle-${forged.purpose ?? "approve"}-v1` as const;
        const by = { namespace, bytes: signed.statement, key: forged.by ?? other };
        const own = signDocument(by);
        return { person: forged.as ?? person, class: forged.class ?? "ssh", signature: own };
      }),
      leaf: signed.leaves[mine]!.text,
      nodes: pathNodes(tree, mine),
      body: (wrong.body ?? ((text) => text))(signed.body),
    };
    return writeBundle(bundle);
  }

  function ownLog({ plan, by }: { readonly plan?: string; readonly by?: MachineKey }) {
    const key = machineKey(fleet.server.state, "log");
    const draft = { size: 4, seen: 0, index: 2, ...(by === undefined ? {} : { headBy: by }) };
    return buildLog(draft, plan ?? prepared.plan, key);
  }

  /** Everything that dpkg and the host program keep, but counters, floor and locks. */
  async function stateOf(): Promise<string> {
    const packages = await host.must(["dpkg-query", "-W"]);
    const kept = await host.must([
      ...["find", "/var/lib/fettle", "/etc/fettle", "-type", "f"],
      ...["!", "-name", "clock", "!", "-name", "*lock", "!", "-name", "resultcounter"],
      ...["-exec", "sha256sum", "{}", "+"],
    ]);
    return `${packages}${kept.split("\n").sort().join("\n")}`;
  }

  /** One connection as the server makes it; its input ends after `text`. */
  async function connect(text: string, argv: readonly string[] = []): Promise<string> {
    const { lab } = fleet;
    const result = await runCommand({
      program: "ssh",
      args: [
        ...[
          "-F",
          "none",
          "-i",
          lab.identityFile,
          "-o",
          "IdentitiesOnly=yes",
          "-o",
          "BatchMode=yes",
        ],
        ...["-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${lab.knownHostsFile}`],
        ...["-T", `root@${host.address}`, ...argv],
      ],
      input: text,
      timeoutMs: 60_000,
      outputBytesMax: 1024 * 1024,
    });
    return result.stdout.toString();
  }
});

/** The codes that the host gave, in signed results or, where it cannot sign, in words. */
function codesOf(said: string): string[] {
  const codes = [...said.matchAll(/^(?:@journal REFUSED code=|@refused )(E_[A-Z_]+)/gm)];
  return [...new Set(codes.map(([, code]) => code ?? ""))];
}

function otherSteps(body: string): string {
  return body.replace(/ 2\.0 ([0-9a-f]{64})$/m, (_all, sha: string) => ` 2.1 ${sha}`);
}
