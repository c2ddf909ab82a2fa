import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { changeJsonSchema, parseChangePolicy } from "./change-control.ts";

const folder = new URL("../../policies/", import.meta.url);
// Without its comments, whose examples say the same words.
const shipped = readFileSync(new URL("change.yaml", folder), "utf8").replaceAll(/^#.*\n/gm, "");
const parse = (text: string) => parseChangePolicy(text, "change.yaml");

const board = `
groups: { security: [dora] }
cab: { members: [alice, bob], chair: alice, quorum: 2, meeting: cab }
`;
const withBoard = shipped
  .replace("\ngroups: {}\n", board)
  .replace("high: { approvers: 2, from: [service-owner] }", "high: { approvers: 2, cab: true }");

describe("the change policy", () => {
  test("ships as a file that can be used, and its published schema is the one that is used", () => {
    expect(parse(shipped).approval.medium).toMatchObject({ approvers: 2, from: ["service-owner"] });
    // To write it anew: node -e 'import("./src/policy/change-control.ts").then(m =>
    // console.log(JSON.stringify(m.changeJsonSchema())))' > policies/change.schema.json, formatted.
    const schema = readFileSync(new URL("change.schema.json", folder), "utf8");
    expect(JSON.parse(schema)).toEqual(changeJsonSchema());
  });

  test("takes a board, and what the board is for", () => {
    const { cab, approval } = parse(withBoard);
    expect(cab).toMatchObject({ quorum: 2, veto: true });
    expect(approval.high.cab).toBe(true);
  });

  test.each([
    ["a group that nobody is in", shipped.replace("from: [],", "from: [security],")],
    ["a group without members", withBoard.replace("[dora]", "[]")],
    [
      "a board that is not there",
      shipped.replace(
        "high: { approvers: 2, from: [service-owner] }",
        "high: { approvers: 2, cab: true }",
      ),
    ],
    ["a quorum larger than the board", withBoard.replace("quorum: 2", "quorum: 3")],
    ["a chair who is no member", withBoard.replace("chair: alice", "chair: zoe")],
    [
      "an emergency that one person approves",
      shipped.replace("emergency: { approvers: 2", "emergency: { approvers: 1"),
    ],
    ["high at fewer points than medium", shipped.replace("high: 75", "high: 40")],
    ["an unknown field", `${shipped}\nskipApprovals: true\n`],
    ["a sign-off before no wave", `${shipped}\nsignOffs: [{ before: wave 0, by: [qa] }]\n`],
    [
      "a sign-off of a role that is none",
      `${shipped}\nsignOffs: [{ before: start, by: [boss] }]\n`,
    ],
    ["an unknown zone", shipped.replace("zone: UTC", "zone: Mars/Olympus")],
    [
      "templates that live for ever",
      shipped.replace("days: 365, failures", "days: 4000, failures"),
    ],
  ])("refuses %s", (_what, text) => {
    expect(text).not.toBe(shipped);
    expect(() => parse(text)).toThrow(/change\.yaml cannot be used/);
  });
});
