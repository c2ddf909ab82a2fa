import { z } from "zod";
import { MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import { strictFields } from "../base/yaml-text.ts";
import { measuring, type Writing } from "./rings-writing.ts";

/**
 * Synthetic transactions: what a user of the service would do, asked by the server right after
 * activation. `{host}` and `{label}` in an address stand for the host's name and its labels.
 */
const TEXT_MAX = 2_000;
const address = z.string().trim().min(1).max(TEXT_MAX);
/** Certificates (PEM) of an authority of your own, believed for this check beside the system's. */
const authority = z
  .string()
  .max(64_000)
  .regex(/-----BEGIN CERTIFICATE-----/, "write certificates as PEM")
  .optional();
const port = z.union([z.int().min(1).max(65_535), z.string().regex(/^\d{1,5}$/)]).transform(Number);

const httpCheck = strictFields({
  url: z
    .string()
    .regex(/^https?:\/\/\S+$/, "write an address that begins with https:// or http://"),
  method: z.enum(["GET", "HEAD", "POST"]).default("GET"),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(1_000)).default({}),
  body: z.string().max(TEXT_MAX).optional(),
  status: z.int().min(100).max(599).default(200),
  /** Headers that the answer must have, each with a text that stands in it. */
  expectHeaders: z
    .record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(1_000))
    .default({}),
  /** A text that stands in the body. */
  contains: z.string().min(1).max(TEXT_MAX).optional(),
  /** A regular expression that the body matches. */
  matches: z.string().min(1).max(500).optional(),
  redirects: z.enum(["refuse", "follow"]).default("refuse"),
  authority,
});

const tcpCheck = strictFields({ host: address, port });

const tlsCheck = strictFields({
  host: address,
  port: port.default(443),
  /** The name in the certificate, where it is not the host's. */
  name: address.optional(),
  daysLeft: z.int().min(0).max(3_650).default(14),
  authority,
});

const dnsCheck = strictFields({
  name: address,
  type: z.enum(["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV"]).default("A"),
  expect: z.string().min(1).max(1_000),
  /** Which name server is asked; the system's when absent. */
  server: z.string().max(100).optional(),
});

export type HttpCheck = z.output<typeof httpCheck>;
export type TlsCheck = z.output<typeof tlsCheck>;
export type DnsCheck = z.output<typeof dnsCheck>;

const ways = ["http", "tcp", "tls", "dns"] as const;

export function checkSchema(as: Writing) {
  return strictFields({
    http: httpCheck.optional(),
    tcp: tcpCheck.optional(),
    tls: tlsCheck.optional(),
    dns: dnsCheck.optional(),
    /** Asked once for each patched host, or once for the whole wave. */
    each: z.enum(["host", "wave"]).default("host"),
    timeout: as.duration({ min: SECOND_MS, max: 2 * MINUTE_MS }).default(5 * SECOND_MS),
    /** One run may be tried so often before it counts as failed. */
    tries: z.int().min(1).max(10).default(3),
    /** Share of the runs that must succeed. */
    success: as.share("the share of runs that must succeed").default(1),
    /** Latency of nine in ten and a half of the runs: at most so much, or so many times the old one. */
    latencyMax: as.duration({ min: 1, max: 2 * MINUTE_MS }).optional(),
    latencyRatioMax: z.number().min(1).max(100).optional(),
    ...measuring(as),
  }).refine((check) => ways.filter((way) => check[way] !== undefined).length === 1, {
    message: `say one of ${ways.join(", ")}`,
  });
}
