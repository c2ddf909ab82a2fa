import { describe, expect, test } from "vitest";
import { Failure } from "./failure.ts";
import { loggedError } from "./log-error.ts";

describe("an error in a log line", () => {
  test("of the world is said once, with what lies at its bottom", () => {
    const bottom = new Error("epss.example has no address");
    const middle = new Failure("unavailable", "It could not be reached.", { cause: bottom });
    const top = new Failure("unavailable", "It could not be reached.", { cause: middle });
    expect(loggedError(top)).toEqual({
      ...{ type: "Failure", code: "unavailable", message: "It could not be reached." },
      because: "epss.example has no address",
    });
    expect(loggedError(new Failure("conflict", "It is there already."))).toEqual({
      ...{ type: "Failure", code: "conflict", message: "It is there already." },
    });
  });

  test("of a database or a socket that is away is short too", () => {
    const words = "the database system is not yet accepting connections";
    const starting = Object.assign(new Error(words), { code: "57P03" });
    expect(loggedError(starting)).toEqual({ type: "Error", code: "57P03", message: words });
    const refused = Object.assign(new Error("connect ECONNREFUSED"), {
      ...{ code: "ECONNREFUSED", syscall: "connect" },
    });
    expect(loggedError(refused)).toMatchObject({ code: "ECONNREFUSED" });
    expect(loggedError(refused)).not.toHaveProperty("stack");
  });

  test("that somebody has to look for keeps its stack", () => {
    const ours = new TypeError("x is not a function");
    expect(loggedError(ours)).toMatchObject({ type: "TypeError", stack: ours.stack });
    expect(loggedError(new Failure("internal", "It broke."))).toHaveProperty("stack");
    const wrapped = new Failure("unavailable", "It could not be read.", { cause: ours });
    expect(loggedError(wrapped)).toHaveProperty("stack");
    const wrong = Object.assign(new Error("syntax error"), { code: "42601" });
    expect(loggedError(wrong)).toHaveProperty("stack");
    expect(loggedError("words")).toBe("words");
  });

  test("in a circle of causes has an end", () => {
    const one = new Failure("unavailable", "one");
    const two = new Error("two", { cause: one });
    Object.assign(one, { cause: two });
    expect(loggedError(one)).toMatchObject({ message: "one" });
  });
});
