import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readAptSettings } from "./apt-settings.ts";
import { effectiveUser, freePort } from "./machine.ts";
import { startProxy } from "./proxy.ts";
import { sweepRun } from "./sweep.ts";

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serve(answer: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return { port: (server.address() as AddressInfo).port, server };
}

/** Starts a proxy whose mirror is `mirror`, reached through `webProxy` when that is given. */
async function proxyOf(mirror: string, webProxy?: string): Promise<string> {
  const runDir = await mkdtemp("/tmp/fettle-proxy-test-");
  const id = runDir.slice(-6);
  ends.push(() => rm(runDir, { recursive: true, force: true }));
  ends.push(() => sweepRun({ id, runDir, layersDir: join(runDir, "none"), owner: null }));
  const port = await freePort("127.0.0.1", 17_780);
  const dump = webProxy === undefined ? "" : `Acquire::http::Proxy "${webProxy}";\n`;
  await startProxy(id, {
    ...{ address: "127.0.0.1", port, dir: join(runDir, "proxy"), cacheDir: join(runDir, "cache") },
    repositoryDir: runDir,
    mirrors: { main: mirror, updates: mirror, security: mirror },
    settings: readAptSettings(dump, {}),
  });
  return `http://127.0.0.1:${port}`;
}

describe.skipIf(effectiveUser() !== 0)("the caching proxy", () => {
  test("asks the mirror once for a file that cannot change, and serves it when the mirror is gone", async () => {
    const asked: string[] = [];
    const { port, server } = await serve((request, reply) => {
      asked.push(`${request.headers.host} ${request.url}`);
      reply.end("package");
    });
    const proxy = await proxyOf(`http://127.0.0.1:${port}/debian`);
    const path = "main/pool/main/e/expat/libexpat1_2.5.0-1%2bdeb12u2_amd64.deb";
    expect(await (await fetch(`${proxy}/${path}`)).text()).toBe("package");
    server.close();
    server.closeAllConnections();
    expect(await (await fetch(`${proxy}/${path}`)).text()).toBe("package");
    expect(asked).toEqual([
      `127.0.0.1:${port} /debian/pool/main/e/expat/libexpat1_2.5.0-1+deb12u2_amd64.deb`,
    ]);
    expect((await fetch(`${proxy}/elsewhere/`)).status).toBe(404);
  });

  test("goes through the machine's web proxy, by whole addresses and with its login", async () => {
    const asked: string[] = [];
    const { port } = await serve((request, reply) => {
      asked.push(
        `${request.headers.host} ${request.url} ${request.headers["proxy-authorization"]}`,
      );
      reply.end("release");
    });
    const proxy = await proxyOf("http://mirror.invalid/debian", `http://me:pass@127.0.0.1:${port}`);
    expect(await (await fetch(`${proxy}/main/dists/bookworm/Release`)).text()).toBe("release");
    const login = `Basic ${Buffer.from("me:pass").toString("base64")}`;
    expect(asked).toEqual([
      `mirror.invalid http://mirror.invalid/debian/dists/bookworm/Release ${login}`,
    ]);
  });
});
