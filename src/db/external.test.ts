import { describe, expect, it } from "vitest";
import { clientConfig } from "./database.ts";
import { externalConnection, externalName } from "./external.ts";

describe("a database that somebody else runs", () => {
  it.each([
    "postgres://fettle@localhost:5433/fettle",
    "postgres://fettle@127.0.0.1/fettle",
    "postgres://fettle@[::1]/fettle",
    "postgres:///fettle?host=/run/postgresql&user=fettle",
    "postgres://fettle@%2Frun%2Fpostgresql/fettle",
  ])("is reached without TLS on this machine: %s", (url) => {
    expect(externalConnection(url)).toEqual({ url });
  });

  it.each([
    "postgres://fettle:secret@db.example/fettle",
    "postgres://fettle@10.0.0.7/fettle?sslmode=verify-full",
    "postgres://fettle@localhost/fettle?host=db.example",
    "postgres://fettle@localhost.example/fettle",
    "postgres://fettle@127.0.0.1.example/fettle",
  ])("has its certificate and name checked elsewhere: %s", (url) => {
    const { tls } = externalConnection(url);
    expect(tls).toMatchObject({ rejectUnauthorized: true, host: hostIn(url) });
    expect(clientConfig(externalConnection(url)).ssl).toEqual(tls);
    expect(clientConfig(externalConnection(url)).connectionString).not.toContain("ssl");
  });

  it("is looked for among several, each as safely as one alone", () => {
    const here = externalConnection(
      "postgres://u@127.0.0.1:5441,127.0.0.1:5442/x?target_session_attrs=read-write",
    );
    expect(here.places).toEqual(
      [5441, 5442].map((port) => ({
        ...{ host: "127.0.0.1", port },
        url: `postgres://u@127.0.0.1:${port}/x`,
      })),
    );
    expect([here.tls, here.url]).toEqual([undefined, "postgres://u@127.0.0.1:5441/x"]);
    expect(clientConfig(here).stream).toBeTypeOf("function");
    const url = "postgres://u:secret@a.example,b.example:6000/x";
    expect(externalConnection(url).tls).toMatchObject({ rejectUnauthorized: true });
    expect(externalName(url)).toBe("a.example, b.example");
    expect(() => externalConnection(`${url}?target_session_attrs=any`)).toThrow(/takes writes/);
    expect(() => externalConnection(`${url}?sslmode=disable`)).toThrow(/always checked/);
  });

  it("takes the certificate of each of several, and of nobody else", () => {
    const { tls } = externalConnection("postgres://u@a.example,b.example/x");
    const named = (name: string) => ({ subject: { CN: name }, subjectaltname: `DNS:${name}` });
    const check = (name: string) => tls?.checkServerIdentity?.("a.example", named(name) as never);
    expect([check("a.example"), check("b.example")]).toEqual([undefined, undefined]);
    expect(check("c.example")).toBeInstanceOf(Error);
  });

  it.each([
    "sslmode=disable",
    "sslmode=prefer",
    "sslmode=require",
    "sslmode=no-verify",
    "sslmode=verify-ca",
    "ssl=0",
    "ssl=true",
    "sslmode=verify-full&uselibpqcompat=true",
  ])("cannot have the check turned off: %s", (parameters) => {
    expect(() => externalConnection(`postgres://u:secret@db.example/x?${parameters}`)).toThrow(
      /certificate is always checked/,
    );
  });

  it.each([
    ["postgres:///fettle", /names no host/],
    ["postgres://u:secret@db.example:port/x", /cannot be read/],
    ["postgres://u:secret@db.example/x?sslrootcert=/nowhere/ca.pem", /\/nowhere\/ca.pem/],
  ])("says what is wrong with %s, and no password", (url, message) => {
    expect(() => externalConnection(url)).toThrow(message);
    expect(() => externalConnection(url)).not.toThrow(/secret/);
  });

  it("is named to people without user and password", () => {
    expect(externalName("postgres://u:secret@db.example:5433/x")).toBe("db.example");
    expect(externalName("postgres:///x?host=/run/postgresql")).toBe(
      "the socket in /run/postgresql",
    );
  });
});

function hostIn(url: string): string {
  const { hostname, searchParams } = new URL(url);
  return searchParams.get("host") ?? hostname;
}
