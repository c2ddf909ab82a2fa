import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { type Labels, parseSelector, type Selector, selects } from "../base/labels.ts";

/** What makes a description of a service acceptable. */
export const serviceName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/,
    "a service name is lower-case letters, digits, dots and hyphens, at most 63 characters",
  );

const line = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .refine((text) => !/\p{Cc}/u.test(text), "must be one line of text");

export const serviceTitle = line(200);
export const serviceTeam = line(100);
export const serviceOwners = z.array(line(200).min(1)).max(50);

/** Shown as a link, so nothing but web addresses. */
export const repository = line(1_000).refine(
  (text) => text === "" || /^https?:$/.test(URL.parse(text)?.protocol ?? ""),
  "must be an address like https://git.example.org/shop",
);

export const hostSelector = z
  .string()
  .max(1_000)
  .superRefine((text, context) => {
    try {
      parseSelector(text);
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      context.addIssue({ code: "custom", message: cause.message });
    }
  });

/** An artifact's name and what it is deployed in: what people write into a pipeline. */
export const artifactName = z
  .string()
  .regex(
    /^[A-Za-z0-9@][A-Za-z0-9@._/+:-]{0,126}$/,
    "an artifact is named with letters, digits and . _ / + : @ -, at most 127 characters",
  );
export const environmentName = z
  .string()
  .regex(
    /^([a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?)?$/,
    "an environment is lower-case letters, digits, dots and hyphens",
  );
export const artifactVersion = line(200);

/** A person who may edit services of some labels can neither add nor move services beyond them. */
export function demandServiceWithin(scopes: readonly Selector[], labels: Labels): void {
  if (scopes.some((selector) => selects(selector, labels))) return;
  throw new Failure(
    "forbidden",
    "You may not edit services with these labels. Choose labels within your own scope, or ask an administrator.",
  );
}
