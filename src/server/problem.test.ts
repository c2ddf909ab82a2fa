import { describe, expect, test } from "vitest";
import { failureOf } from "./problem.ts";

/** An error as drivers and Node make it. */
const anError = (message: string, fields: object = {}): Error =>
  Object.assign(new Error(message), fields);

describe("what the caller may try again", () => {
  test.each([
    anError("Connection terminated unexpectedly"),
    anError("Connection terminated due to connection timeout"),
    anError("timeout expired"),
    anError("Client has encountered a connection error and is not queryable"),
    anError("Client was closed and is not queryable"),
    anError("connect ENOENT /run/x", { code: "ENOENT", syscall: "connect" }),
    anError("connect ECONNREFUSED", { code: "ECONNREFUSED" }),
    anError("the database system is starting up", { code: "57P03" }),
    anError("could not extend file: No space left on device", { code: "53100" }),
    anError("no space left on device, write", { code: "ENOSPC" }),
  ])("$message", (thrown) => {
    const failure = failureOf(thrown);
    expect(failure.code).toBe("unavailable");
    expect(failure.message).toMatch(/[Tt]ry again/);
    expect(failure.message).not.toContain(thrown.message);
  });

  test("is nothing that we do not know", () => {
    expect(failureOf(anError("null is not a function")).code).toBe("internal");
    expect(failureOf(anError("no such file", { code: "ENOENT", syscall: "open" })).code).toBe(
      "internal",
    );
  });
});
