import { describe, expect, it } from "vitest";
import {
  backoffMs,
  isPage,
  judgeStatus,
  redirectTarget,
  restTotal,
  retryAfterMs,
} from "./fetch-rules.ts";

const plain = { wasRange: false, wasConditional: false, isBusy: false };

describe("answers of publishers", () => {
  it.each([
    [200, {}, "take"],
    [206, { wasRange: true }, "take-rest"],
    [206, {}, "give-up"],
    [304, { wasConditional: true }, "not-modified"],
    [304, {}, "give-up"],
    [302, {}, "follow"],
    [429, {}, "again"],
    [503, {}, "again"],
    [500, {}, "again"],
    [416, { wasRange: true }, "again"],
    [403, {}, "give-up"],
    [403, { isBusy: true }, "again"],
    [404, {}, "give-up"],
    [401, {}, "give-up"],
  ])("of status %i %j mean %s", (status, of, kind) => {
    expect(judgeStatus({ ...plain, status, ...of }).kind).toBe(kind);
  });

  it("say how long to wait in seconds or as a date, or nothing", () => {
    const now = Date.parse("2026-11-21T12:00:00Z");
    expect(retryAfterMs("7", now)).toBe(7_000);
    expect(retryAfterMs("Sat, 21 Nov 2026 12:01:00 GMT", now)).toBe(60_000);
    expect(retryAfterMs("Sat, 21 Nov 2026 11:00:00 GMT", now)).toBe(0);
    expect(retryAfterMs("soon", now)).toBeNull();
    expect(retryAfterMs(null, now)).toBeNull();
  });

  it("are waited for twice as long each time, within bounds and never by all at once", () => {
    expect(backoffMs(0, 0)).toBe(500);
    expect(backoffMs(0, 1)).toBe(1_000);
    expect(backoffMs(3, 0.5)).toBe(6_000);
    expect(backoffMs(99, 1)).toBe(60_000);
  });

  it("never lead from an encrypted address to a plain one", () => {
    expect(redirectTarget("https://a/x", "/y")).toBe("https://a/y");
    expect(redirectTarget("https://a/x", "http://a/y")).toBeNull();
    expect(redirectTarget("http://a/x", "https://b/y")).toBe("https://b/y");
    expect(redirectTarget("http://a/x", "http://b/y")).toBe("http://b/y");
    expect(redirectTarget("https://a/x", "file:///etc/passwd")).toBeNull();
    expect(redirectTarget("https://a/x", null)).toBeNull();
  });

  it("that are pages, or another part than was asked for, are told apart", () => {
    expect(isPage("text/html; charset=utf-8")).toBe(true);
    expect(isPage("text/plain")).toBe(false);
    expect(isPage(null)).toBe(false);
    expect(restTotal("bytes 100-199/200", 100)).toBe(200);
    expect(restTotal("bytes 0-199/200", 100)).toBeNull();
    expect(restTotal(null, 0)).toBeNull();
  });
});
