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
