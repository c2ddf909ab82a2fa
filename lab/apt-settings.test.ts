import { expect, test } from "vitest";
import { readAptSettings } from "./apt-settings.ts";

const url = "http://mirror.example/debian";

test("without settings there is no proxy and nothing is taken over", () => {
  const settings = readAptSettings('Acquire "";\nAcquire::Check-Date "true";\n', {});
  expect(settings.proxyFor(url)).toBeNull();
  expect(settings.freshnessLines).toEqual([]);
});

test("a switched-off freshness check of the machine holds for its hosts too", () => {
  const dump = 'Acquire::Check-Valid-Until "false";\nAcquire::Check-Date "0";\n';
  expect(readAptSettings(dump, {}).freshnessLines).toEqual([
    'Acquire::Check-Valid-Until "false";',
    'Acquire::Check-Date "false";',
  ]);
});

test("the entry for a host wins over the general one, and both over the environment", () => {
  const dump = `Acquire::http::Proxy "http://general.example:3128";
Acquire::http::Proxy::mirror.example "DIRECT";
`;
  const settings = readAptSettings(dump, { http_proxy: "http://environment.example:1" });
  expect(settings.proxyFor(url)).toBeNull();
  expect(settings.proxyFor("http://other.example/")).toBe("http://general.example:3128");
});

test("the environment counts when apt has no setting, but for excluded names", () => {
  const environment = {
    http_proxy: "http://proxy.example:1",
    no_proxy: "localhost,.mirror.example",
  };
  const settings = readAptSettings("", environment);
  expect(settings.proxyFor("http://other.example/")).toBe("http://proxy.example:1");
  expect(settings.proxyFor("http://de.mirror.example/")).toBeNull();
});

test("a proxy of another kind is refused", () => {
  const settings = readAptSettings('Acquire::http::Proxy "socks5h://s.example:1";\n', {});
  expect(() => settings.proxyFor(url)).toThrow("not a plain http:// address");
});
