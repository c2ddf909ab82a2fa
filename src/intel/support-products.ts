import { isLanguage } from "./offer-family.ts";

/**
 * Which product and release cycle of endoflife.date a host or a package is. Rules as data: an
 * operating system is told by its ecosystem, a runtime by the name of its package, and where the name
 * does not say the cycle by its version.
 */
export interface ProductCycle {
  readonly product: string;
  readonly cycle: string;
}

export interface SystemRule {
  readonly product: string;
  /** What people call it. */
  readonly title: string;
  /** What its publisher calls longer support, and the mark of hosts that get it; null for all. */
  readonly extended: { readonly name: string; readonly channels: readonly string[] | null };
}

const forAll = (name: string) => ({ name, channels: null });
const forSome = (name: string, ...channels: readonly string[]) => ({ name, channels });

/** By the part of the ecosystem's name before the release. */
export const systemRules: Readonly<Record<string, SystemRule>> = {
  Debian: { product: "debian", title: "Debian", extended: forAll("LTS") },
  Ubuntu: { product: "ubuntu", title: "Ubuntu", extended: forSome("Ubuntu Pro", "pro") },
  AlmaLinux: { product: "almalinux", title: "AlmaLinux", extended: forSome("extended support") },
  "Rocky Linux": { product: "rocky-linux", title: "Rocky Linux", extended: forSome("support") },
  "Red Hat": { product: "rhel", title: "RHEL", extended: forSome("ELS", "els", "eus_long_life") },
  "Oracle Linux": {
    product: "oracle-linux",
    title: "Oracle Linux",
    extended: forSome("Extended Support", "extended"),
  },
  CentOS: { product: "centos", title: "CentOS", extended: forSome("extended support") },
  "Amazon Linux": { product: "amazon-linux", title: "Amazon Linux", extended: forSome("support") },
  Fedora: { product: "fedora", title: "Fedora", extended: forSome("support") },
  SUSE: { product: "sles", title: "SLES", extended: forSome("LTSS", "ltss") },
  openSUSE: { product: "opensuse", title: "openSUSE Leap", extended: forSome("support") },
  Alpine: { product: "alpine-linux", title: "Alpine", extended: forSome("support") },
};

/** The release of an ecosystem as the feed counts it; null for language ecosystems. */
export function systemOf(ecosystem: string): (ProductCycle & { readonly rule: SystemRule }) | null {
  const [base = "", ...rest] = ecosystem.split(":");
  const rule = Object.hasOwn(systemRules, base) ? systemRules[base] : undefined;
  const release = rest[0]?.replace(/^(v|Leap )/, "") ?? "";
  if (rule === undefined || release === "") return null;
  return { product: rule.product, cycle: release, rule };
}

interface RuntimeRule {
  readonly product: string;
  /** Names of its packages; a group holds the cycle where the name says it. */
  readonly name: RegExp;
  /** Numbers of the version that make the cycle, where the name does not say it. */
  readonly numbers?: number;
  /** Its language's ecosystem, where a package of it is the product itself and no client of it. */
  readonly language?: string;
}

/**
 * Runtimes and servers that hosts carry, and frameworks that are built in; the first that fits. What a
 * registry of a language calls `redis` is a client of it, so there only the rules of that language count.
 */
const runtimeRules: readonly RuntimeRule[] = [
  { product: "python", name: /^(?:lib)?python(\d\.\d+)(?:-minimal|-stdlib|-dev|-venv)?$/ },
  { product: "python", name: /^python(\d)(\d+)(?:-libs|-devel)?$/ },
  { product: "nodejs", name: /^nodejs(?:-(?:libs|full-i18n))?$/, numbers: 1 },
  { product: "nodejs", name: /^nodejs(\d+)$/ },
  { product: "postgresql", name: /^postgresql-(?:server-|client-)?(\d+)$/ },
  { product: "postgresql", name: /^postgresql(?:-server)?$/, numbers: 1 },
  { product: "eclipse-temurin", name: /^openjdk-(\d+)-(?:jre|jdk)(?:-headless)?$/ },
  { product: "eclipse-temurin", name: /^java-(\d+)-openjdk(?:-headless|-devel)?$/ },
  { product: "php", name: /^php(\d\.\d+)(?:-(?:cli|common|fpm|cgi))?$/ },
  { product: "php", name: /^php(?:-(?:cli|common|fpm))?$/, numbers: 2 },
  { product: "ruby", name: /^(?:lib)?ruby(\d\.\d+)$/ },
  { product: "ruby", name: /^ruby(?:-libs)?$/, numbers: 2 },
  { product: "perl", name: /^perl(?:-base|-libs|-interpreter)?$/, numbers: 2 },
  { product: "go", name: /^golang-(\d\.\d+)(?:-go|-src)?$/ },
  { product: "mysql", name: /^mysql-(?:server|community-server)(?:-core)?-(\d\.\d+)$/ },
  { product: "mysql", name: /^mysql-(?:server|community-server)$/, numbers: 2 },
  { product: "mariadb", name: /^mariadb-server(?:-core)?(?:-\d+\.\d+)?$/, numbers: 2 },
  { product: "redis", name: /^redis(?:-server)?$/, numbers: 2 },
  { product: "valkey", name: /^valkey(?:-server)?$/, numbers: 2 },
  { product: "mongodb", name: /^mongodb(?:-org)?-server$/, numbers: 2 },
  { product: "elasticsearch", name: /^elasticsearch$/, numbers: 1 },
  { product: "opensearch", name: /^opensearch$/, numbers: 1 },
  { product: "rabbitmq", name: /^rabbitmq-server$/, numbers: 2 },
  { product: "apache-http-server", name: /^(?:apache2|httpd)(?:-bin|-core)?$/, numbers: 2 },
  { product: "nginx", name: /^nginx(?:-core|-light|-full|-common)?$/, numbers: 2 },
  { product: "haproxy", name: /^haproxy$/, numbers: 2 },
  { product: "tomcat", name: /^(?:lib)?tomcat\d*(?:-common|-java)?$/, numbers: 2 },
  { product: "docker-engine", name: /^docker-ce(?:-cli)?$|^docker\.io$/, numbers: 2 },
  { product: "containerd", name: /^containerd(?:\.io)?$/, numbers: 2 },
  { product: "kubernetes", name: /^kube(?:let|adm|ctl)$/, numbers: 2 },
  { product: "openssl", name: /^(?:openssl|libssl\d+(?:\.\d+)*|openssl-libs)$/, numbers: 2 },
  { product: "linux", name: /^linux-image-(?:unsigned-)?(\d+\.\d+)[.-]/ },
  { product: "dotnet", name: /^(?:dotnet|aspnetcore)-runtime-(\d+)\.\d+$/ },
  { product: "grafana", name: /^grafana$/, numbers: 2 },
  { product: "gitlab", name: /^gitlab-(?:ce|ee)$/, numbers: 2 },
  { product: "samba", name: /^samba$/, numbers: 2 },
  { product: "squid", name: /^squid$/, numbers: 1 },
  { product: "exim", name: /^exim4-base$/, numbers: 2 },
  { product: "postfix", name: /^postfix$/, numbers: 2 },
  { product: "python", name: /^python$/, numbers: 2 },
  { product: "nodejs", name: /^node$/, numbers: 1 },
  { product: "nodejs", name: /^node$/, numbers: 1, language: "npm" },
  { product: "django", name: /^(?:python3-)?django$/, numbers: 2 },
  { product: "django", name: /^django$/, numbers: 2, language: "PyPI" },
  { product: "ruby-on-rails", name: /^rails$/, numbers: 2 },
  { product: "ruby-on-rails", name: /^rails$/, numbers: 2, language: "RubyGems" },
  { product: "angular", name: /^@angular\/core$/, numbers: 1, language: "npm" },
  { product: "react", name: /^react$/, numbers: 1, language: "npm" },
  { product: "vue", name: /^vue$/, numbers: 1, language: "npm" },
  {
    ...{ product: "spring-boot", name: /^org\.springframework\.boot:spring-boot$/ },
    ...{ numbers: 2, language: "Maven" },
  },
  {
    ...{ product: "spring-framework", name: /^org\.springframework:spring-core$/ },
    ...{ numbers: 2, language: "Maven" },
  },
  { product: "go", name: /^stdlib$/, numbers: 2, language: "Go" },
  { product: "laravel", name: /^laravel\/framework$/, numbers: 1, language: "Packagist" },
  {
    ...{ product: "symfony", name: /^symfony\/(?:symfony|http-kernel)$/ },
    ...{ numbers: 2, language: "Packagist" },
  },
];

/** The product and cycle of a package, where a rule speaks of it. */
export function runtimeOf(p: {
  /** OSV's name of the ecosystem. */
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
}): ProductCycle | null {
  const isOfLanguage = isLanguage(p.ecosystem);
  for (const { product, name, numbers, language } of runtimeRules) {
    if (isOfLanguage ? language !== p.ecosystem : language !== undefined) continue;
    const match = name.exec(p.name);
    if (match === null) continue;
    const told = match
      .slice(1)
      .filter((part) => part !== undefined)
      .join(".");
    const cycle = told === "" ? cycleOf(p.version, numbers ?? 0) : told;
    return cycle === null ? null : { product, cycle };
  }
  return null;
}

function cycleOf(version: string, numbers: number): string | null {
  const upstream = version.replace(/^\d+:/, "");
  const match = /^v?(\d+(?:\.\d+)*)/.exec(upstream)?.[1];
  const parts = match?.split(".").slice(0, numbers) ?? [];
  return parts.length < numbers || numbers === 0 ? null : parts.join(".");
}
