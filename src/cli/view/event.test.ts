import { expect, it } from "vitest";
import { eventText } from "./event.ts";

it("tells known events as sentences", () => {
  const event = {
    type: "patch.moved",
    facts: { from: "triage", to: "planned" },
  };
  expect(eventText(event)).toBe("moved the case from triage to planned");
});

it("tells a change's last states and an enrolment as sentences", () => {
  expect(eventText({ type: "change.running", facts: {} })).toBe("the change is being carried out");
  expect(eventText({ type: "change.completed", facts: {} })).toBe("the change is complete");
  const facts = { ring: "canary", policyVersion: 1, key: "SHA256:abc", way: "piped" };
  expect(eventText({ type: "host.enrolled", facts })).toBe(
    "was enrolled in ring canary: host policy 1, results signed by the key SHA256:abc",
  );
});

it("shows the facts of an event it has no sentence for, digests shortened, control characters gone", () => {
  const facts = { digest: "a".repeat(64), count: 3, list: [1, 2], none: null, name: "x\u001b[2Jy" };
  expect(eventText({ type: "moon.eclipsed", facts })).toBe(
    "moon.eclipsed  digest aaaaaaaaaaaa…  count 3  name xy  2 list",
  );
});
