import { expect, it } from "vitest";
import { statementNames } from "./prepared.ts";

const often = 3;

function ask(names: ReturnType<typeof statementNames>, text: string, times: number) {
  return Array.from({ length: times }, () => names.nameOf(text)).at(-1) ?? null;
}

it("names what comes again, the same for the same text and another for another", () => {
  const names = statementNames();
  expect(ask(names, "select $1::int", often - 1)).toBeNull();
  const name = names.nameOf("select $1::int");
  expect(name).toMatch(/^fettle-0-[0-9a-f]{32}$/);
  expect(names.nameOf("select $1::int")).toBe(name);
  expect(ask(names, "select $1::int ", often)).not.toBe(name);
});

it("names only one statement alone, and none that moves the transaction", () => {
  const names = statementNames();
  for (const text of ["begin", "commit", "set x = 1", "listen a", "select 1; select 2"]) {
    expect(ask(names, text, often + 2)).toBeNull();
  }
  expect(ask(names, "\n  with a as (select 1) select * from a", often)).not.toBeNull();
});

it("gives other names after columns have changed", () => {
  const names = statementNames();
  const before = ask(names, "select * from t", often);
  names.renew();
  expect(ask(names, "select * from t", often)).not.toBe(before);
});

it("takes no more of the database's memory than for some hundred texts", () => {
  const names = statementNames();
  const named = Array.from({ length: 1_000 }, (_, at) => ask(names, `select ${at}`, often));
  const count = named.filter((name) => name !== null).length;
  expect(count).toBeGreaterThan(100);
  expect(count).toBeLessThan(500);
});

it("counts no text for ever that never comes again", () => {
  const names = statementNames();
  expect(ask(names, "select 'first'", often - 1)).toBeNull();
  for (let at = 0; at < 5_000; at += 1) names.nameOf(`select 'once ${at}'`);
  expect(names.nameOf("select 'first'")).toBeNull();
});
