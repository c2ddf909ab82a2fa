import { Failure } from "../src/base/failure.ts";

/** The part of `apt-config dump` that decides how packages are reached: pure text in, values out. */

export interface AptSettings {
  /** Address of the web proxy that apt uses for a host, when there is one. */
  readonly proxyFor: (url: string) => string | null;
  /** Lines for the hosts' apt, taken over where the machine changed what a fresh archive means. */
  readonly freshnessLines: readonly string[];
}

export interface ProxyEnvironment {
  readonly http_proxy?: string;
  readonly https_proxy?: string;
  readonly no_proxy?: string;
}

export function readAptSettings(dump: string, environment: ProxyEnvironment): AptSettings {
  const values = new Map<string, string>();
  for (const match of dump.matchAll(/^(\S+) "(.*)";$/gm)) {
    values.set((match[1] ?? "").toLowerCase(), match[2] ?? "");
  }
  return {
    proxyFor: (url) => proxyFor(new URL(url), values, environment),
    freshnessLines: ["Check-Valid-Until", "Check-Date"].flatMap((name) => {
      const value = values.get(`acquire::${name.toLowerCase()}`);
      const isOff = value !== undefined && /^(false|0|no|off)$/i.test(value);
      return isOff ? [`Acquire::${name} "false";`] : [];
    }),
  };
}

/** The order of apt.conf(5): the entry for the host, the entry for the scheme, the environment. */
function proxyFor(
  url: URL,
  values: ReadonlyMap<string, string>,
  environment: ProxyEnvironment,
): string | null {
  const scheme = url.protocol === "https:" ? "https" : "http";
  const configured =
    values.get(`acquire::${scheme}::proxy::${url.hostname}`) ||
    values.get(`acquire::${scheme}::proxy`) ||
    (scheme === "https" ? values.get("acquire::http::proxy") : "");
  if (configured) return configured.toUpperCase() === "DIRECT" ? null : checkedProxy(configured);
  const excluded = (environment.no_proxy ?? "").split(",").map((name) => name.trim());
  const isExcluded = excluded.some(
    (name) =>
      name === "*" ||
      (name !== "" && `.${url.hostname}`.endsWith(name.startsWith(".") ? name : `.${name}`)),
  );
  const inherited = scheme === "https" ? environment.https_proxy : environment.http_proxy;
  return inherited && !isExcluded ? checkedProxy(inherited) : null;
}

function checkedProxy(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === "http:") return text;
  throw new Failure(
    "unavailable",
    "The apt configuration of this machine names a proxy that is not a plain http:// address; the lab's own proxy can only go through such a one.",
  );
}
