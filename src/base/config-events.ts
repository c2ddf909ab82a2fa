import { z } from "zod";

/**
 * Where events go beside our own ledger: one strict entry for each receiver in `fettle.yaml`. Secrets
 * never stand in it; it names files that only the server's user may read.
 */
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, {
  message: "a name has lower-case letters, digits and dashes, at most 40",
});

/** `rollout.halted`, `rollout.*`, `*.failed` or `*`; a leading `!` takes out what was chosen. */
const EVENT_PATTERN = /^!?(?:\*|(?:[a-z][a-z-]*|\*)\.(?:[a-z][a-z-]*|\*))$/;

const chosen = z
  .array(
    z.string().regex(EVENT_PATTERN, {
      message: 'write an event such as "rollout.halted", or "rollout.*", "*.refused", "!feed.*"',
    }),
  )
  .min(1)
  .max(64)
  .default(["*"]);

const file = z.string().min(1).max(1000);

const common = {
  name,
  /** Which events go there; the last pattern that fits decides. */
  events: chosen,
  /** Certificates (PEM) that are believed for this receiver beside the system's. */
  caFile: file.optional(),
};

function address(protocols: RegExp, example: string) {
  const message = `write an address such as ${example}, without a password`;
  return z
    .string(message)
    .max(2000)
    .refine((text) => {
      if (!URL.canParse(text)) return false;
      const { protocol, username, password, hostname } = new URL(text);
      return protocols.test(protocol) && hostname !== "" && username === "" && password === "";
    }, message);
}

const syslogSink = z.strictObject({
  ...common,
  syslog: address(/^(?:tls|tcp|udp):$/, "tls://siem.example:6514"),
  /** RFC 5424 §6.2.1; 13 is "log audit". */
  facility: z.int().min(0).max(23).default(13),
  /** What stands as HOSTNAME; the server's own name otherwise. */
  hostname: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional(),
  /** The message: a sentence for people, or the entry of the ledger byte for byte. */
  message: z.enum(["words", "entry"]).default("words"),
});

const httpSink = {
  ...common,
  /** One line `Name: value`, sent as a header with every request. */
  headerFile: file.optional(),
};

const otlpSink = z.strictObject({
  ...httpSink,
  otlp: address(/^https?:$/, "https://collector.example:4318"),
});

const webhookSink = z.strictObject({
  ...httpSink,
  webhook: address(/^https?:$/, "https://hooks.example/fettle"),
  /** The key of the signature: `whsec_` and base64, as in the Standard Webhooks specification. */
  secretFile: file,
});

const forms = { syslog: syslogSink, otlp: otlpSink, webhook: webhookSink } as const;
type SinkForm = z.output<(typeof forms)[keyof typeof forms]>;

/** Chosen by its one telling key first, so that a mistake is told of the form that was meant. */
const sink = z.looseObject({}).transform((value, context): SinkForm => {
  const [form, ...more] = Object.entries(forms).filter(([key]) => Object.hasOwn(value, key));
  if (form === undefined || more.length > 0) {
    context.addIssue("say where events go by exactly one of syslog, otlp, webhook");
    return z.NEVER;
  }
  const parsed = form[1].safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { message, path } of parsed.error.issues) {
    context.issues.push({ code: "custom", message, path, input: value });
  }
  return z.NEVER;
});

const SINKS_MAX = 16;

export const eventsConfigSchema = z
  .strictObject({
    to: z
      .array(sink)
      .max(SINKS_MAX)
      .refine((sinks) => new Set(sinks.map((one) => one.name)).size === sinks.length, {
        message: "two receivers have the same name",
      })
      .default([]),
  })
  .default({ to: [] });

export type SinkConfig = z.output<typeof eventsConfigSchema>["to"][number];
