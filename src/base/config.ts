import { z } from "zod";
import { eventsConfigSchema } from "./config-events.ts";
import { signInSchema } from "./config-providers.ts";

/**
 * What an installation may set. The same keys stand in `fettle.yaml`, in `FETTLE_*` variables and as
 * flags of `fettle server`; a flag wins over the environment, the environment over the file.
 * Unknown keys are errors: a misspelt limit must not be silently ignored.
 */
export const configSchema = z.strictObject({
  /** Name of this deployment as hosts know it (`tenant` in the host protocol). */
  deployment: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/)
    .default("fettle"),
  host: z.string().min(1).default("127.0.0.1"),
  port: z.coerce.number().int().min(0).max(65535).default(7700),
  /** The name browsers use; passkeys refuse bare addresses. */
  serverName: z.string().min(1).default("localhost"),
  /** Where hosts with the agent call in, over TLS; they are not listened to where it is not set. */
  agentPort: z.coerce.number().int().min(0).max(65535).optional(),
  /** The address for that port; the one of `host` unless said otherwise. */
  agentHost: z.string().min(1).optional(),
  /** The name that hosts know this server by; `serverName` unless said otherwise. */
  agentName: z
    .string()
    .regex(/^[A-Za-z0-9.:-]{1,253}$/)
    .optional(),
  /** The oldest TLS for agents: 1.2 only where hosts have an older OpenSSL. */
  agentTls: z.enum(["1.3", "1.2"]).default("1.3"),
  /**
   * Days without a call after which a host is proposed for burial; a certificate holds for 30 of them,
   * so that who was away for so long cannot call in any more.
   */
  agentSilentDays: z.coerce.number().int().min(1).max(3650).default(45),
  state: z.string().min(1).optional(),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//)
    .optional(),
  /** What one token or session may ask for; who asks for more is told when to come again. */
  requestsPerMinute: z.coerce.number().int().min(60).max(10_000_000).default(12_000),
  /** The user that owns the tables, where `databaseUrl` names another that may only work in them. */
  databaseOwnerUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//)
    .optional(),
  logLevel: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  feeds: z
    .strictObject({
      /** `off` never asks the network; the starter snapshot and `feed load FILE` still work. */
      network: z.enum(["on", "off"]).default("on"),
      /** The way out to publishers, for example `http://proxy.example:3128`. */
      proxy: z
        .url({ protocol: /^https?$/ })
        .refine((url) => !new URL(url).href.includes("@"), {
          error:
            "must hold no password; write user:password into a file and name it: proxyAuthFile",
        })
        .optional(),
      /** A file with one line `user:password` for the proxy, readable by the server's user only. */
      proxyAuthFile: z.string().min(1).optional(),
      /** Hosts that are asked without it, separated by commas. */
      noProxy: z.string().optional(),
    })
    .default({ network: "on" }),
  outbound: z
    .strictObject({
      /**
       * Networks of one's own (CIDR) where feeds and calendars may be asked, such as that of a mirror.
       * Other addresses that are not of the Internet are refused, also as the aim of a redirect.
       */
      networks: z
        .array(
          z.union([z.cidrv4(), z.cidrv6()], { error: "must be a network such as 10.1.0.0/16" }),
        )
        .max(64)
        .default([]),
    })
    .default({ networks: [] }),
  certificates: z
    .strictObject({
      /** Addresses or networks (CIDR) of this server: SSH certificates are good from there alone. */
      sourceAddresses: z
        .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
        .max(16)
        .default([]),
    })
    .default({ sourceAddresses: [] }),
  /**
   * `required`: approving and running need two factors, and acts that change who may do what need a
   * proof of the last minutes, by tokens too. `off` is for trying it out alone: a password is enough.
   */
  mfa: z.enum(["required", "off"]).default("required"),
  /** Who else vouches for people, and what their groups may do. */
  signIn: signInSchema,
  /** Receivers of events: syslog, OpenTelemetry, webhooks. */
  events: eventsConfigSchema,
});

export type Config = z.output<typeof configSchema>;
