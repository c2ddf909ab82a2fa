import { describe, expect, test } from "vitest";
import { Failure } from "../base/failure.ts";
import type { ScimKind, ScimObject } from "./scim-attributes.ts";
import { parseScimFilter } from "./scim-filter.ts";
import { handlesFor } from "./scim-handle.ts";
import { type PatchOperation, patched } from "./scim-patch.ts";
import { sentGroup, sentUser } from "./scim-schemas.ts";

const ada = {
  userName: "Ada@Example.com",
  externalId: "X-1",
  active: true,
  name: { givenName: "Ada", familyName: "Lovelace" },
  emails: [
    { value: "ada@example.com", type: "work", primary: true },
    { value: "a@home.example", type: "home" },
  ],
};

const changed = (
  operations: readonly PatchOperation[],
  before: ScimObject = ada,
  kind: ScimKind = "User",
) => patched(kind, before, operations);

/** The scimType of the refusal. */
function refusal(work: () => unknown): unknown {
  try {
    work();
  } catch (cause) {
    if (cause instanceof Failure) return cause.facts["scimType"];
    throw cause;
  }
  return "none";
}

describe("PATCH (RFC 7644 §3.5.2)", () => {
  test("takes active in every form that Entra and Okta send", () => {
    const forms: readonly PatchOperation[] = [
      { op: "replace", path: "active", value: false },
      { op: "replace", path: "active", value: "False" },
      { op: "add", path: "Active", value: "false" },
      { op: "replace", value: { active: false } },
      { op: "replace", value: { ACTIVE: "False" } },
      { op: "replace", path: "urn:ietf:params:scim:schemas:core:2.0:User:active", value: "FALSE" },
    ];
    for (const form of forms) {
      expect(sentUser(changed([form])).active, JSON.stringify(form)).toBe(false);
    }
    expect(refusal(() => sentUser(changed([{ op: "replace", path: "active", value: "no" }])))).toBe(
      "invalidValue",
    );
  });

  test("changes parts, elements by filter, and makes an element that the filter names", () => {
    const done = changed([
      { op: "replace", path: "name.familyName", value: "Byron" },
      { op: "replace", path: 'emails[type eq "work"].value', value: "new@example.com" },
      { op: "add", path: 'emails[type eq "other"].value', value: "o@example.com" },
      { op: "remove", path: 'emails[type eq "home"]' },
      {
        op: "replace",
        path: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        value: "x",
      },
      { op: "add", value: { "name.givenName": "Augusta", title: "Countess" } },
    ]);
    expect(done).toEqual({
      ...ada,
      name: { givenName: "Augusta", familyName: "Byron" },
      emails: [
        { value: "new@example.com", type: "work", primary: true },
        { type: "other", value: "o@example.com" },
      ],
    });
    expect(ada.emails).toHaveLength(2);
  });

  test("moves members as Entra and Okta ask, without doubles", () => {
    const group = { displayName: "g", members: [{ value: "1" }, { value: "2" }] };
    const members = (...operations: PatchOperation[]) =>
      sentGroup(changed(operations, group, "Group")).members;
    expect(
      members({ op: "add", path: "members", value: [{ value: "2" }, { value: "3" }] }),
    ).toEqual(["1", "2", "3"]);
    expect(members({ op: "add", path: "members", value: { value: "4" } })).toEqual(["1", "2", "4"]);
    expect(members({ op: "remove", path: 'members[value eq "1"]' })).toEqual(["2"]);
    expect(members({ op: "remove", path: "members", value: [{ value: "2" }] })).toEqual(["1"]);
    expect(members({ op: "remove", path: "members" })).toBeNull();
    expect(members({ op: "replace", path: "members", value: [{ value: "9" }] })).toEqual(["9"]);
    expect(members({ op: "replace", value: { id: "x", displayName: "g", members: [] } })).toEqual(
      [],
    );
  });

  test("refuses what has no meaning, with the standard's word", () => {
    const refused = (operation: PatchOperation) => refusal(() => changed([operation]));
    expect(refused({ op: "remove" })).toBe("noTarget");
    expect(refused({ op: "replace", value: "x" })).toBe("invalidSyntax");
    expect(refused({ op: "replace", path: "grants", value: ["admin"] })).toBe("invalidPath");
    expect(refused({ op: "replace", path: "__proto__", value: {} })).toBe("invalidPath");
    expect(refused({ op: "replace", path: "constructor.prototype", value: {} })).toBe(
      "invalidPath",
    );
    expect(refused({ op: "replace", path: "emails[type eq", value: "x" })).toBe("invalidPath");
    expect(refused({ op: "replace", path: "emails[type zz 1].value", value: "x" })).toBe(
      "invalidFilter",
    );
    expect(refused({ op: "replace", path: 'emails[type sw "zz"].value', value: "x" })).toBe(
      "noTarget",
    );
    expect(refused({ op: "replace", path: "active[value eq true]", value: "x" })).toBe(
      "invalidPath",
    );
    expect(refusal(() => sentUser(changed([{ op: "remove", path: "userName" }])))).toBe(
      "invalidValue",
    );
    expect(refusal(() => sentUser({ userName: "a", USERNAME: "b" }))).toBe("invalidSyntax");
    expect(
      refusal(() => sentGroup({ displayName: "g", members: [{ value: "1", type: "Group" }] })),
    ).toBe("invalidValue");
  });

  test("never reads an id, a role or a password out of what is sent", () => {
    const sent = {
      ...ada,
      id: "other",
      roles: [{ value: "admin" }],
      password: "p",
      groups: [{ value: "g" }],
    };
    expect(Object.keys(sentUser(sent)).sort()).toEqual(Object.keys(sentUser(ada)).sort());
  });
});

describe("filters (RFC 7644 §3.4.2.2)", () => {
  const matches = (text: string, one: ScimObject = ada) => parseScimFilter(text).matches(one);

  test("compare names and text without case, and external ids exactly", () => {
    expect(matches('USERNAME eq "ada@EXAMPLE.com"')).toBe(true);
    expect(matches('externalId eq "x-1"')).toBe(false);
    expect(matches('externalId eq "X-1" and active eq true')).toBe(true);
    expect(matches('not (active eq true) or emails[type eq "HOME" and value ew ".example"]')).toBe(
      true,
    );
    expect(matches('emails.value co "nobody"')).toBe(false);
    expect(matches('urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada"')).toBe(true);
    expect(matches("displayName pr")).toBe(false);
  });

  test("one comparison over a key is the database's", () => {
    expect(parseScimFilter('userName eq "a"').key).toEqual({ name: "username", value: "a" });
    expect(parseScimFilter('userName eq "a" or userName eq "b"').key).toBeNull();
    expect(parseScimFilter('not (userName eq "a")').key).toBeNull();
    expect(parseScimFilter('emails[value eq "a"]').key).toBeNull();
  });

  test("that cannot be read are refused, a rest after a whole one too", () => {
    const bad = [
      "",
      "userName",
      'userName eq "a',
      'userName eq "a" userName eq "b"',
      "a zz 1",
      "a eq {}",
      'userName eq "a") or (userName eq "b"',
      'userName eq "a") x',
      "(".repeat(500),
      `userName eq "${"a".repeat(1000)}"`,
      "a constructor 1",
    ];
    for (const text of bad)
      expect(
        refusal(() => parseScimFilter(text)),
        text,
      ).toBe("invalidFilter");
  });

  test("with line feeds in an open quote are refused at once, not after doubling with each", () => {
    const begun = process.cpuUsage();
    const open = `userName eq "${"\n".repeat(27)}`;
    expect(refusal(() => parseScimFilter(open))).toBe("invalidFilter");
    expect(process.cpuUsage(begun).user).toBeLessThan(200_000);
  });
});

test("a handle is what stands before the @, then the whole name", () => {
  expect(handlesFor("Ada.Lovelace@Example.com")).toEqual([
    "ada.lovelace",
    "ada.lovelace.example.com",
  ]);
  expect(handlesFor("Jürgen Groß")).toEqual(["jurgen-gro"]);
  expect(handlesFor("@@")).toEqual([]);
  expect(handlesFor(`${"x".repeat(80)}@y`).every((handle) => handle.length <= 63)).toBe(true);
});
