import { expect, test } from "vitest";
import { formFault } from "./request-form.ts";

const line = { url: "/api/v1/me", httpVersion: "1.1" };

test("takes what browsers and programs send", () => {
  const rawHeaders = ["Host", "fettle.example", "Cookie", "a=1", "cookie", "b=2", "Accept", "*/*"];
  expect(formFault({ ...line, rawHeaders })).toBeNull();
});

test("refuses a second one of every header that two readers could choose between", () => {
  for (const name of ["Authorization", "Host", "Content-Length", "Origin", "Transfer-Encoding"]) {
    const rawHeaders = [name, "a", "accept", "*/*", name.toLowerCase(), "b"];
    expect(formFault({ ...line, rawHeaders })).toContain(name.toLowerCase());
  }
});

test("refuses what is longer or more than any request needs", () => {
  const many = Array.from({ length: 101 }, (_, at) => [`x-${at}`, "1"]).flat();
  expect(formFault({ ...line, rawHeaders: many })).toContain("100 headers");
  expect(formFault({ ...line, url: `/${"a".repeat(8_192)}`, rawHeaders: [] })).toContain("8192");
});

test("speaks no HTTP older than 1.0", () => {
  expect(formFault({ ...line, httpVersion: "0.9", rawHeaders: [] })).not.toBeNull();
});
