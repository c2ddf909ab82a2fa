import { describe, expect, test } from "vitest";
import { Failure } from "../base/failure.ts";
import { parseSsh } from "./host-add.ts";
import { allPages } from "./pages.ts";
import { readNamedText } from "./read-file.ts";
import { hostAndPatch } from "./rollout.ts";

describe("an SSH target", () => {
  test("is a user, an address and a port, each as far as it is given", () => {
    const cases = [
      ["web-1", "root", "web-1", 22],
      ["ops@web-1", "ops", "web-1", 22],
      ["ops@10.0.0.1:2222", "ops", "10.0.0.1", 2222],
      ["[fd00::1]", "root", "fd00::1", 22],
      ["ops@[fd00::1]:2200", "ops", "fd00::1", 2200],
    ] as const;
    for (const [text, user, address, port] of cases) {
      expect(parseSsh(text), text).toEqual({ user, address, port });
    }
  });

  test("is refused when it could mean two things, or nothing", () => {
    for (const text of ["", "@", "ops@", "a@b@c", "a b", "web:ssh", "web:123456", "fd00::1"]) {
      expect(() => parseSsh(text), text).toThrow(Failure);
    }
  });
});

test("explain takes host and case in either order and nothing else", () => {
  expect(hostAndPatch(["host", "web-1", "patch", "P-1"])).toEqual(["web-1", "P-1"]);
  expect(hostAndPatch(["patch", "P-1", "host", "web-1"])).toEqual(["web-1", "P-1"]);
  for (const words of [[], ["web-1"], ["host", "web-1"], ["host", "web-1", "patch"]]) {
    expect(() => hostAndPatch(words)).toThrow(Failure);
  }
});

test("pages are asked for until there is no next one", async () => {
  const asked: (string | undefined)[] = [];
  const items = await allPages(async (cursor) => {
    asked.push(cursor);
    return cursor === undefined ? { items: [1, 2], next: "2" } : { items: [3], next: null };
  });
  expect(items).toEqual([1, 2, 3]);
  expect(asked).toEqual([undefined, "2"]);
});

test("a file that cannot be read is told by its name, not as an error of the program", () => {
  for (const [file, why] of [
    ["/nonexistent/rings.yaml", /The policy \/nonexistent\/rings.yaml: there is no such file/],
    ["/", /The policy \/: it is a folder/],
  ] as const) {
    expect(() => readNamedText(file, "The policy")).toThrow(Failure);
    expect(() => readNamedText(file, "The policy")).toThrow(why);
  }
});
