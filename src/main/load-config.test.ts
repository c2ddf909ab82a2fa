import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { loadConfig } from "./load-config.ts";

const clone = mkdtempSync(join(tmpdir(), "fettle-config-"));
afterAll(() => rmSync(clone, { recursive: true, force: true }));

it("takes the flag before the environment and the environment before the file", () => {
  writeFileSync(join(clone, "fettle.yaml"), "port: 1000\nserverName: from-file\nlogLevel: warn\n");
  const environment = { FETTLE_PORT: "2000", FETTLE_SERVER_NAME: "from-environment" };
  const config = loadConfig({ clone, environment, flags: { port: 3000 } });
  expect(config.port).toBe(3000);
  expect(config.serverName).toBe("from-environment");
  expect(config.logLevel).toBe("warn");
});

it("refuses an unknown key and names the known ones", () => {
  const environment = { FETTLE_PROT: "7700" };
  expect(() => loadConfig({ clone: "/nowhere", environment, flags: {} })).toThrow(
    /prot[\s\S]*port/,
  );
});

it("refuses a value that does not parse instead of taking the default", () => {
  const environment = { FETTLE_PORT: "many" };
  expect(() => loadConfig({ clone: "/nowhere", environment, flags: {} })).toThrow(/port/);
});

it("refuses a file that was named but is not there", () => {
  const environment = { FETTLE_CONFIG: "/nowhere/fettle.yaml" };
  expect(() => loadConfig({ clone, environment, flags: {} })).toThrow(/cannot be read/);
});
