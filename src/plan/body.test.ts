import { expect, test } from "vitest";
import { parseBody } from "./body.ts";

const D = "0".repeat(64);
const body = (...lines: string[]) => parseBody(["fettle body 1", ...lines, "end", ""].join("\n"));

test.each([
  ["an unknown verb", "step 1 format disk"],
  ["a name that begins with a dash", `step 1 upgrade -y amd64 1 2 ${D}`],
  ["a digest that is too short", "step 1 upgrade a amd64 1 2 00"],
  ["a version with a shell character", `step 1 upgrade a amd64 1 2;reboot ${D}`],
  ["an install that names an old version", `step 1 install a amd64 1 2 ${D}`],
  ["a removal with a digest", `step 1 remove a amd64 1 - ${D}`],
  ["a reboot with arguments", "step 1 reboot now"],
  ["no verb at all", "step 1"],
])("%s is E_VERB", (_, line) => {
  expect(body(line)).toMatchObject({ ok: false, code: "E_VERB", line: 2 });
});

test.each([
  ["no step", ["undo 1 reboot"]],
  ["steps out of order", ["step 2 reboot"]],
  ["an undo of a step that does not exist", ["step 1 reboot", "undo 2 reboot"]],
  ["two undos of one step", ["step 1 reboot", "undo 1 reboot", "undo 1 reboot"]],
  ["a step after an undo", ["step 1 reboot", "undo 1 reboot", "step 2 reboot"]],
  ["a leading zero", ["step 01 reboot"]],
])("%s is E_FORMAT", (_, lines) => {
  expect(body(...lines)).toMatchObject({ ok: false, code: "E_FORMAT" });
});
