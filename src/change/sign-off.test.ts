import { describe, expect, test } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import { firstWaveOf } from "../policy/change-control.ts";
import { parseOwners } from "../policy/owners.ts";
import {
  type GivenSignOff,
  missingSignOffToText,
  partsAsked,
  type SignOffPart,
  signOffRefusal,
} from "./sign-off.ts";

const id = (name: string) => name as SubjectId;
const byHandle = new Map(["quinn", "tom", "alice", "carol"].map((name) => [name, id(name)]));
const owners = parseOwners(
  `kind: owners
rules:
  - { name: emergencies, classes: [emergency], decides: [alice] }
  - { name: the shop, services: [shop-*], signs: { qa: [quinn, carol], team: [tom] } }
  - { name: others, signs: { qa: [quinn, gone] } }
`,
  "owners.yaml",
);
const asked = {
  ...{ class: "normal" as const, level: "high" as const, tier: 1 },
  ...{ services: ["shop-web", "shop-db", "mail"], byHandle, requester: id("carol") },
};
const rule = (when: object, before = "wave 2", by: ("qa" | "team" | "application")[] = ["qa"]) => ({
  signOffs: [{ when, before, by }],
});
const names = (parts: readonly SignOffPart[]) =>
  parts.map(({ role, of, before, members }) => `${role}/${of}/${before}: ${members.join(" ")}`);

describe("the parts of a sign-off", () => {
  test("are one for each rule that names people for a service, without who asked", () => {
    expect(names(partsAsked(rule({}), owners, asked))).toEqual([
      "qa/the shop/2: quinn",
      "qa/others/2: quinn",
    ]);
  });

  test("stay open where nobody is named: what a policy asks for is never left out", () => {
    const parts = partsAsked(rule({}, "start", ["team", "application"]), owners, asked);
    expect(names(parts)).toEqual([
      "team/the shop/1: tom",
      "team/mail/1: ",
      "application/shop-web/1: ",
      "application/shop-db/1: ",
      "application/mail/1: ",
    ]);
    const none = partsAsked(rule({}), { rules: [] }, { ...asked, services: [] });
    expect(names(none)).toEqual(["qa/the change/2: "]);
    expect(missingSignOffToText({ role: "qa", of: "the change", able: [] })).toContain("nobody");
  });

  test("hold back the earliest wave for which any entry asks", () => {
    const { signOffs } = rule({});
    const two = { signOffs: [...signOffs, ...rule({ risk: ["high"] }, "start").signOffs] };
    expect(names(partsAsked(two, owners, { ...asked, services: ["mail"] }))).toEqual([
      "qa/others/1: quinn",
    ]);
    expect(firstWaveOf({ before: "wave 12" })).toBe(12);
  });

  test.each([
    [{ risk: ["high"], tier: [0, 1], classes: ["normal"] }, 1],
    [{ tier: [0] }, 0],
    [{ risk: ["low", "medium"] }, 0],
    [{ classes: ["emergency"] }, 0],
    [{ risk: ["high"], tier: [2] }, 0],
  ])("are asked where every condition of %j holds", (when, count) => {
    const parts = partsAsked(rule(when), owners, { ...asked, services: ["mail"] });
    expect(parts).toHaveLength(count);
  });
});

describe("a sign-off", () => {
  const part = (role: SignOffPart["role"], before: number, ...members: string[]): SignOffPart => ({
    ...{ role, of: "the shop", before, members: members.map(id) },
  });
  const change = {
    ...{ state: "running" as const, requester: id("carol"), given: [] as GivenSignOff[] },
    parts: [part("qa", 2, "quinn", "tom"), part("team", 1, "tom")],
  };
  const refused = (of: Partial<typeof change>, who: string, role?: SignOffPart["role"]) =>
    signOffRefusal(
      { ...change, ...of },
      { person: id(who), isPerson: true, ...(role === undefined ? {} : { role }) },
    );

  test("is taken of who is named, before the start only for the first wave", () => {
    expect(refused({}, "quinn", "qa")).toBeNull();
    expect(refused({}, "tom")).toBeNull();
    const approved = { ...change, state: "approved" as const };
    const who = (name: string) => ({ person: id(name), isPerson: true });
    expect(signOffRefusal(approved, who("tom"))).toBeNull();
    expect(signOffRefusal(approved, who("quinn"))).toContain("once it runs");
  });

  test("R3 is refused of who asked, of no person, of others, and of a second part", () => {
    expect(refused({ parts: [part("qa", 1, "carol")] }, "carol")).toContain("somebody else");
    expect(signOffRefusal(change, { person: id("quinn"), isPerson: false })).toContain("person");
    expect(refused({}, "alice")).toContain("no sign-off");
    expect(refused({}, "quinn", "team")).toContain("does not name you");
    const given = [{ role: "qa", of: "the shop", person: id("tom") }] as GivenSignOff[];
    expect(refused({ given }, "tom", "team")).toContain("one person signs one part");
    expect(refused({ given }, "quinn")).toContain("already");
  });

  test.each(["rejected", "withdrawn", "expired", "completed", "failed", "backed-out"] as const)(
    "is refused of a change that is %s",
    (state) => {
      const over = { ...change, state };
      expect(signOffRefusal(over, { person: id("quinn"), isPerson: true })).toContain(state);
    },
  );
});
