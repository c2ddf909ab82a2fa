import { expect, test } from "vitest";
import { readAptSettings } from "./apt-settings.ts";
import { type ProxyPlan, proxyConfig } from "./proxy-config.ts";

function aPlan(changes: Partial<ProxyPlan> = {}): ProxyPlan {
  const archive = "http://mirror.example/debian";
  return {
    address: "10.213.1.1",
    port: 7780,
    dir: "/srv/run/proxy",
    cacheDir: "/srv/cache",
    repositoryDir: "/srv/repository",
    mirrors: { main: archive, updates: archive, security: "http://mirror.example/security" },
    settings: readAptSettings("", {}),
    ...changes,
  };
}

test("the proxy listens on the bridge and nowhere else", () => {
  const listens = proxyConfig(aPlan()).match(/^\s*listen .*$/gm);
  expect(listens).toEqual(["    listen 10.213.1.1:7780;"]);
});

test("an https mirror is verified, and cannot be reached through a web proxy", () => {
  const https = "https://mirror.example/debian";
  const mirrors = { main: https, updates: https, security: https };
  expect(proxyConfig(aPlan({ mirrors }))).toContain("proxy_ssl_verify on;");
  const settings = readAptSettings('Acquire::http::Proxy "http://p.example:1";\n', {});
  expect(() => proxyConfig(aPlan({ mirrors, settings }))).toThrow("https mirror");
});

test("the web proxy's password goes into a header and into no address", () => {
  const settings = readAptSettings('Acquire::http::Proxy "http://me:se%40cret@p.example:1";\n', {});
  const text = proxyConfig(aPlan({ settings }));
  expect(text).toContain(`Basic ${Buffer.from("me:se@cret").toString("base64")}`);
  expect(text).toContain("proxy_pass http://p.example:1;");
});

test("a path that could end a quoted string is refused", () => {
  expect(() => proxyConfig(aPlan({ cacheDir: '/srv/a";user x' }))).toThrow("no quotes");
});
