import { BlockList, isIP } from "node:net";

/**
 * Outbound: how this server speaks to others. Addresses come from policy, from people and from
 * publishers' redirects, and the server stands where they do not: inside the network, beside its own
 * database, next to what hands out a cloud's credentials. So each address is judged, and what was
 * judged is what is connected to (OWASP ASVS 5.0 V1.3.6, V13.2.4, V13.2.5).
 *
 * Never: a connection to a name that was resolved a second time after it was judged; a certificate
 * that is not checked; link-local addresses, whoever wrote them.
 */
export interface Reach {
  /** Networks that may be reached, and nothing else; null: what the other lines say. */
  readonly networks: readonly string[] | null;
  /** This machine itself. */
  readonly mayAskItself: boolean;
  /** Networks of one's own, which are not of the Internet. */
  readonly mayAskPrivate: boolean;
  /** Networks that may be reached beside these: `outbound.networks` of the configuration. */
  readonly also: readonly string[];
}

/** Where an operator wrote the address into the configuration, or an administrator into a source. */
export const reachOfOperators: Reach = {
  networks: null,
  mayAskItself: true,
  mayAskPrivate: true,
  also: [],
};

/** Where policy may ask: an own network is what checks are for, this machine is not. */
export function reachOfPolicy(networks: readonly string[] | null): Reach {
  return { networks, mayAskItself: false, mayAskPrivate: true, also: [] };
}

/** Where addresses of publishers, their redirects and people lead: the Internet, and what is named. */
export function reachOfAnybody(also: readonly string[]): Reach {
  return { networks: null, mayAskItself: false, mayAskPrivate: false, also };
}

/** Of this machine: loopback and "this network" (RFC 6890), also within IPv6. */
const itself = blockListOf(["127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128"]);
/**
 * Never a service of somebody's: link-local addresses, where clouds hand out credentials (RFC 3927,
 * RFC 4291), multicast, and IPv4 behind translation (RFC 6052), which would be judged as IPv6.
 */
const never = blockListOf([
  ...["169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8", "255.255.255.255/32"],
  ...["64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fd00:ec2::254/128"],
]);
/** Not of the Internet (IANA special-purpose registries, RFC 6890): one's own, shared, or nobody's. */
const own = blockListOf([
  ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15"],
  ...["192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4"],
  ...["fc00::/7", "fec0::/10", "100::/64", "2001:db8::/32"],
]);

/** Why an address may not be asked; null when it may. */
export function refusalOf(address: string, reach: Reach): string | null {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (isIP(address) === 0) return `${address} is no address`;
  if (blockListOf([...(reach.networks ?? []), ...reach.also]).check(address, family)) return null;
  if (reach.networks !== null) return `${address} is in no network that the policy names`;
  if (never.check(address, family)) return `${address} is link-local, multicast or translated`;
  if (itself.check(address, family) && !reach.mayAskItself) {
    return `${address} is this machine itself; its network must be named`;
  }
  if (own.check(address, family) && !reach.mayAskPrivate) {
    return `${address} is in a network of one's own; name it in the configuration (outbound.networks)`;
  }
  return null;
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix = ""] = network.split("/");
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

/** The address in a URL's host, without the brackets of IPv6; null where it is a name. */
export function literalOf(host: string): string | null {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return isIP(bare) === 0 ? null : bare;
}
