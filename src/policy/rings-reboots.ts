import { z } from "zod";
import type { Labels, Selector } from "../base/labels.ts";
import { selects } from "../base/labels.ts";
import { strictFields } from "../base/yaml-text.ts";
import { selector } from "./rings-fields.ts";
import { fitsPackage, packagePattern } from "./rings-packages.ts";

/**
 * After which packages a host's own job boots it again. Nobody is rebooted unless the policy says so:
 * the step stands in the signed body, and the host asks for a permit of its own before it goes down.
 */
export interface RebootRule {
  readonly when: Selector;
  /** `needed`: what the running system keeps using until it boots; else names, or beginnings with `*`. */
  readonly after: "needed" | readonly string[];
}

const RULES_MAX = 64;
const PATTERNS_MAX = 200;

export const rebootRules = z
  .array(
    strictFields({
      when: selector.default([]),
      after: z.union([z.literal("needed"), z.array(packagePattern).min(1).max(PATTERNS_MAX)], {
        message: "write needed, or a list of package names such as [linux-image-*]",
      }),
    }),
  )
  .max(RULES_MAX)
  .default([]);

/**
 * Packages that the running system keeps using until it boots: kernels, microcode, and those whose
 * code every process or the first process itself holds; by the names of Debian, of Fedora's family and SUSE.
 */
const NEEDED = new RegExp(
  `^(${[
    "linux-image-.+|(intel|amd64)-microcode|libc6",
    "kernel(-rt)?(-core)?|microcode_ctl|linux-firmware|glibc",
    "systemd|dbus(-broker|-daemon)?",
    "kernel-(default|azure|firmware.*)|ucode-(intel|amd)|dbus-1",
  ].join("|")})$`,
);

interface Move {
  readonly verb: string;
  readonly name: string;
}

/** Whether the move takes effect fully only after a reboot, whatever the policy does about it. */
export function needsReboot({ verb, name }: Move): boolean {
  return (verb === "upgrade" || verb === "install") && NEEDED.test(name);
}

/** Whether a host with these labels boots again as part of a job with these moves. */
export function rebootsFor(
  rules: readonly RebootRule[],
  host: { readonly labels: Labels },
  moves: readonly Move[],
): boolean {
  return rules.some(
    ({ when, after }) => selects(when, host.labels) && moves.some((move) => isAfter(after, move)),
  );
}

function isAfter(after: RebootRule["after"], move: Move): boolean {
  if (after === "needed") return needsReboot(move);
  // A package that goes leaves nothing to boot into.
  return move.verb !== "remove" && after.some((one) => fitsPackage(one, move.name));
}
