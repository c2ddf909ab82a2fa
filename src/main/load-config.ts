import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type Config, configSchema } from "../base/config.ts";
import { Failure } from "../base/failure.ts";
import { issueText } from "../base/issue-text.ts";
import { isInstalled, SYSTEM_CONFIG } from "./installed.ts";

/**
 * Reads `fettle.yaml`, `FETTLE_*` and flags. A flag wins over the environment, the environment over
 * the file; unknown keys are errors in all three.
 */
export interface ConfigSources {
  readonly clone: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: Readonly<Record<string, unknown>>;
  /** What a command prefers where nobody said anything. */
  readonly preferences?: Readonly<Record<string, unknown>>;
}

/** Environment names that are not configuration keys of the server. */
const NOT_CONFIG = /^FETTLE_(CONFIG|SOCKETS|URL|TOKEN|NODE|TEST_.*|LAB_.*|DEMO_.*)$/;

export function loadConfig(sources: ConfigSources): Config {
  const usual = isInstalled ? SYSTEM_CONFIG : join(sources.clone, "fettle.yaml");
  const file = sources.environment["FETTLE_CONFIG"] ?? usual;
  const merged = {
    ...sources.preferences,
    ...fromFile(file, sources.environment["FETTLE_CONFIG"] !== undefined),
    ...fromEnvironment(sources.environment),
    ...Object.fromEntries(Object.entries(sources.flags).filter(([, value]) => value !== undefined)),
  };
  const parsed = configSchema.safeParse(merged);
  if (parsed.success) return parsed.data;
  throw new Failure(
    "invalid",
    `The configuration cannot be used:\n${parsed.error.issues.map(faultLine).join("\n")}\nKnown keys: ${Object.keys(configSchema.shape).join(", ")}.`,
  );
}

function faultLine(issue: z.core.$ZodIssue): string {
  const where = issue.path.map(String).join(".");
  return `- ${where === "" ? "" : `${where}: `}${issueText(issue)}`;
}

function fromFile(file: string, mustExist: boolean): Record<string, unknown> {
  if (!existsSync(file) && !mustExist) return {};
  try {
    const value: unknown = parse(readFileSync(file, "utf8"));
    return z.record(z.string(), z.unknown()).parse(value ?? {});
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EACCES") {
      throw new Failure("invalid", `The configuration file ${file} may not be read by this user.`, {
        cause,
      });
    }
    throw new Failure(
      "invalid",
      `The configuration file ${file} cannot be read as YAML with one setting a line, such as "port: 7700".`,
      { cause },
    );
  }
}

function fromEnvironment(environment: ConfigSources["environment"]): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith("FETTLE_") || NOT_CONFIG.test(name) || value === undefined) continue;
    const words = name.slice("FETTLE_".length).toLowerCase().split("_");
    const key = words.map((word, i) =>
      i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1),
    );
    if (key.join("") === "feedsNetwork") found["feeds"] = { network: value };
    else if (key.join("") === "outboundNetworks")
      found["outbound"] = { networks: value.split(",") };
    else found[key.join("")] = value;
  }
  // DATABASE_URL is what hosting platforms set; our own name wins over it.
  const databaseUrl = environment["DATABASE_URL"];
  return databaseUrl === undefined ? found : { databaseUrl, ...found };
}
